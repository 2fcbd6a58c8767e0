// SPDX-License-Identifier: Apache-2.0
export type { NameReport } from "./name-report.ts";
export { startNameScan } from "./name-scan.ts";
