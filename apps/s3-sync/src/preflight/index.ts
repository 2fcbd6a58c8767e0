// SPDX-License-Identifier: Apache-2.0
export type { PreflightOptions, SideReport } from "./preflight.ts";
export { preflight } from "./preflight.ts";
export { PreflightError } from "./preflight-error.ts";
