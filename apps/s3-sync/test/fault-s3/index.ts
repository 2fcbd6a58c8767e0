// SPDX-License-Identifier: Apache-2.0
export type { FaultS3Admin, ObjectSummary, PutOptions } from "./admin.ts";
export { type FaultS3Process, type FaultS3ProcessOptions, startFaultS3Process } from "./child-process.ts";
export { LISTINGS, type Operation, WRITES } from "./operations.ts";
export { putText } from "./put-text.ts";
export {
  type BareRcloneOptions,
  type BareRcloneResult,
  type RemoteOptions,
  runBareRclone,
} from "./rclone.ts";
export type { LogEntry } from "./request-log.ts";
export { type SeedOptions, seedObjects } from "./seed.ts";
export {
  DEFAULT_CREDENTIALS,
  type Fault,
  type FaultFunction,
  type FaultRequest,
  type FaultRule,
  FaultS3,
  type FaultS3Options,
  startFaultS3,
} from "./server.ts";
export type { Credentials } from "./signature.ts";
export { type Bucket, Store, type StoredObject } from "./store.ts";
export { createTlsIdentity, type TlsIdentity, type TlsOptions } from "./tls.ts";
