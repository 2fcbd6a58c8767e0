// SPDX-License-Identifier: Apache-2.0
import type { Job, JobResult } from "../gen/job/v1/job_pb.ts";

export interface WorkQueue {
  readonly queue: string;
  /** 1 to 100: its share where several queues have jobs. */
  readonly weight: number;
}

export interface DequeueOptions {
  /** One or more. */
  readonly queues: readonly WorkQueue[];
  /** 1 to 100. */
  readonly maxJobs: number;
  readonly leaseSeconds: number;
  readonly worker: string;
}

export interface ClaimedJob {
  readonly job: Job;
  /** The queue that it came from. */
  readonly queue: string;
  /** The right to work on this attempt; a secret. */
  readonly taskToken: string;
}

export interface CancelFlag {
  /** Somebody asked for the job to be stopped; why, "" without a reason. */
  readonly cancelReason: string | undefined;
}

export interface Appended extends CancelFlag {
  /** Everything up to it is in the log. */
  readonly lastSequence: number;
}

/**
 * What a worker needs of a server. Calls reject with whatever the connection throws; `classifyServerFailure` tells
 * what it means. Each has a time limit of its own.
 */
export interface JobServer {
  /** Address, for spools and messages. */
  readonly address: string;
  /** Waits for jobs; ends without any after about 90 s. Jobs that came before a failure are not taken back by it. */
  dequeue(options: DequeueOptions, signal: AbortSignal): AsyncIterable<ClaimedJob>;
  /** Sets the end of the lease to `leaseSeconds` from now. */
  extend(
    claim: Pick<ClaimedJob, "queue" | "taskToken">,
    leaseSeconds: number,
    signal: AbortSignal,
  ): Promise<CancelFlag>;
  /** Appends serialised JobEvents, whose last sequence is `lastSequence`; those it has already it skips. */
  append(
    taskToken: string,
    events: readonly Uint8Array[],
    lastSequence: number,
    signal: AbortSignal,
  ): Promise<Appended>;
  /** Asks whether the job is to be stopped, and nothing else; `undefined` where the server cannot be asked so. */
  poll(taskToken: string, signal: AbortSignal): Promise<CancelFlag | undefined>;
  complete(taskToken: string, result: JobResult, signal: AbortSignal): Promise<void>;
  /** Gives the job back unfinished. */
  release(claim: Pick<ClaimedJob, "queue" | "taskToken">, reason: string, signal: AbortSignal): Promise<void>;
}
