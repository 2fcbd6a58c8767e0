// SPDX-License-Identifier: Apache-2.0
import type { CounterCell, HistogramCell } from "../instruments/cells.ts";

/** What a counter grew by since the last look of this reader. */
export class SumDelta {
  readonly #last = new WeakMap<CounterCell, number>();

  since(cell: CounterCell): number {
    const grown = cell.value - (this.#last.get(cell) ?? 0);
    this.#last.set(cell, cell.value);
    return grown;
  }
}

interface HistogramSums {
  readonly counts: Float64Array;
  readonly count: number;
  readonly sum: number;
}

/** What a histogram took since the last look of this reader. */
export class HistogramDelta {
  readonly #last = new WeakMap<HistogramCell, HistogramSums>();

  since(cell: HistogramCell): HistogramSums {
    const last = this.#last.get(cell);
    const now: HistogramSums = { counts: cell.counts.slice(), count: cell.count, sum: cell.sum };
    this.#last.set(cell, now);
    if (last === undefined) return now;
    return {
      counts: now.counts.map((count, index) => count - (last.counts[index] ?? 0)),
      count: now.count - last.count,
      sum: now.sum - last.sum,
    };
  }
}
