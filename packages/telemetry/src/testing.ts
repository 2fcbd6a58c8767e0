// SPDX-License-Identifier: Apache-2.0
// For tests of parts that record.
import type { InstrumentTable, LabelValue } from "./instruments/define-instruments.ts";
import { instrumentsBehind, type Recorders } from "./instruments/recorders.ts";

/** Present value of a series; of a histogram its count. `undefined` when nothing was recorded under these labels. */
export function recordedValue<T extends InstrumentTable>(
  recorders: Recorders<T>,
  key: keyof T & string,
  labels: Readonly<Record<string, LabelValue>> = {},
): number | undefined {
  const instrument = instrumentsBehind(recorders)[Object.keys(recorders).indexOf(key)];
  if (instrument === undefined || instrument.kind === "observable")
    throw new TypeError(`"${key}" is no recorder whose values can be read.`);
  for (const series of instrument.series.all) {
    const names = Object.keys(series.labels);
    if (names.length !== Object.keys(labels).length) continue;
    if (names.every((name) => series.labels[name] === labels[name]))
      return "count" in series.cell ? series.cell.count : series.cell.value;
  }
  return undefined;
}
