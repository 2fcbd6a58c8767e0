// SPDX-License-Identifier: Apache-2.0

/**
 * Upper bounds of what callers may send. Every store and every protocol has the same ones, so that a job which one
 * server takes is taken by all. Bytes are those of UTF-8.
 */
export const limits = {
  queueNameLength: 80,
  requestIdLength: 256,
  workerNameLength: 256,
  reasonLength: 1_000,
  /** Of a result's message; longer ones are cut, since a worker must be able to report. */
  messageLength: 4_096,

  /** All parameters together, serialised: a job and its attempts fit into an item of DynamoDB (400 KiB). */
  paramsBytes: 262_144,
  /** What Linux takes as one argument or variable of a program (MAX_ARG_STRLEN), with its closing zero. */
  argumentBytes: 131_071,
  argumentCount: 1_000,
  environmentCount: 1_000,
  environmentNameLength: 256,
  metadataCount: 100,
  metadataNameLength: 128,
  metadataValueLength: 4_096,
  repositoryLength: 2_048,
  refLength: 255,
  ownerLength: 256,
  directoryLength: 4_096,
  cloneDepth: 1_000_000,

  priority: 9,
  /** 30 days. */
  delayMs: 2_592_000_000,
  timeoutSeconds: 2_592_000,
  attempts: 100,
  /** 1 day. */
  backoffMs: 86_400_000,

  claimedJobs: 100,
  claimedQueues: 100,
  queueWeight: 100,
  /** As SQS has it: 12 hours. */
  leaseSeconds: 43_200,
  pageSize: 1_000,
  taskTokenLength: 4_096,
  /** Attempts of a job that a store remembers; of more, the latest. */
  rememberedAttempts: 100,
} as const;

/** What holds where a request says nothing. */
export const defaults = {
  leaseSeconds: 300,
  pageSize: 50,
  initialBackoffMs: 1_000,
  /** 5 minutes. */
  maxBackoffMs: 300_000,
  /** Attempts of a job without a retry policy whose workers disappear; one that fails is not repeated. */
  lostAttempts: 3,
} as const;
