// SPDX-License-Identifier: Apache-2.0
export { formatFigure, toSvg } from "./chart.ts";
export {
  type BenchCase,
  type BenchFigure,
  type BenchGroup,
  type BenchOptions,
  type BenchReport,
  cpuPerOperation,
  medianOf,
  runBench,
  wallPerOperation,
} from "./harness.ts";
export { type RunOptions, readRunOptions } from "./options.ts";
export { cpuSecondsOf, peakBytesOf, residentBytesOf } from "./process-figures.ts";
export { publishReport, RESULTS, toTable } from "./publish.ts";
