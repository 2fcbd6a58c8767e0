// SPDX-License-Identifier: Apache-2.0
import type { Operation } from "./operation.ts";

export const committeeOperations: Readonly<Record<string, readonly Operation[]>> = {};
