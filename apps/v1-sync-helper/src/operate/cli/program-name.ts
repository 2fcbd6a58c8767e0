// SPDX-License-Identifier: MIT
export const programName = "v1-sync-helper";
