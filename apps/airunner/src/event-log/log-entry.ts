// SPDX-License-Identifier: Apache-2.0
import type { EventType } from "../gen/job/v1/job_pb.ts";

/**
 * One event as the log keeps it: encoded once, as the very bytes that every reader is sent.
 *
 * `frame` is a whole envelope of the Connect and gRPC protocols: flags 0, length as 4 bytes big endian, then a
 * StreamJobEventsResponse with the event (field 1; output as the worker sent it, all else checked and encoded anew)
 * and the attempt (field 20).
 */
export interface LogEntry {
  readonly frame: Uint8Array;
  /** From 1 on; of an output batch that of its first item. */
  readonly sequence: number;
  /** Inclusive; differs from `sequence` in output batches only. */
  readonly endSequence: number;
  /** Unix milliseconds of the event; of an output batch that of its first item. */
  readonly timestampMs: number;
  readonly type: EventType;
}

export interface LogPosition {
  readonly jobId: string;
  /** From 1 on; 0 is the latest. */
  readonly attempt: number;
  /** The first entry is the one whose `endSequence` is this or later; 0 and 1 are the start. */
  readonly fromSequence: number;
  /** A page ends before this is passed, but has one entry where there is one. */
  readonly maxBytes: number;
}

export interface LogPage {
  /** The attempt that was read; 0 where the job has had none. */
  readonly attempt: number;
  readonly entries: readonly LogEntry[];
  /** There is more to read at once. */
  readonly hasMore: boolean;
  /** This attempt has ended: nothing will be appended to its log. */
  readonly isClosed: boolean;
  readonly latestAttempt: number;
  /** The job is COMPLETED, FAILED or CANCELLED. */
  readonly hasJobEnded: boolean;
}
