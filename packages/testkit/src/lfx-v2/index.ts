// SPDX-License-Identifier: Apache-2.0
export type { OrganizationLookup, Person } from "./directory.ts";
export {
  type Fault,
  type FaultChooser,
  type FaultRequest,
  type SeededFaultsOptions,
  type StaleShape,
  seededFaults,
} from "./fault.ts";
export type { Faults, LateCommit, Latency } from "./faults.ts";
export type { Model, StoredObject } from "./model.ts";
export type { OperationName } from "./operation.ts";
export { type LfxV2, type LfxV2Options, startLfxV2 } from "./start-lfx-v2.ts";
export type { PublishedMessage } from "./state.ts";
export type { NaturalKey, ResourceKind, Write, WriteLog, WriteLogOptions } from "./write-log.ts";
