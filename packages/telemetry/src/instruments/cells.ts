// SPDX-License-Identifier: Apache-2.0

/** The sum of one series of a counter. */
export class CounterCell {
  value = 0;

  /** @param amount default 1; what is negative or no number is left out, as a counter never falls */
  add(amount = 1): void {
    if (amount >= 0) this.value += amount;
  }
}

/** The sum of one series of an up-down counter. */
export class UpDownCell {
  value = 0;

  add(amount: number): void {
    if (Number.isFinite(amount)) this.value += amount;
  }
}

/** The last value of one series of a gauge. */
export class GaugeCell {
  value: number | undefined;

  record(value: number): void {
    if (Number.isFinite(value)) this.value = value;
  }
}

/** The buckets of one series of a histogram. */
export class HistogramCell {
  readonly bounds: readonly number[];
  /** One more than bounds: the last counts what is above all of them. */
  readonly counts: Float64Array;
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    if (!Number.isFinite(value)) return;
    const index = bucketIndex(this.bounds, value);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
}

/** The first bound that is not below `value`; `bounds.length` when all are. */
function bucketIndex(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= (bounds[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}
