// SPDX-License-Identifier: Apache-2.0
export { allHold, type Check, describeChecks, holds } from "./check.ts";
export { showClosingTable, showPointers } from "./closing.ts";
export { formatBytes, formatCount, formatDuration } from "./format.ts";
export { createStage, type Stage, type Update } from "./stage.ts";
