// SPDX-License-Identifier: Apache-2.0
import type { MemoryLog } from "../../event-log/memory-log.ts";
import { AttemptState, JobState } from "../../gen/job/v1/job_pb.ts";
import type { Attempt, Job, NewJob, Result } from "../../job/job.ts";
import { limits } from "../../job/limits.ts";
import type { ProcessEnd } from "../../job/outcome.ts";
import { createDeadline, type Deadline } from "./deadlines.ts";
import { Lane } from "./lane.ts";
import { createListNode, LinkedList, type ListNode } from "./linked-list.ts";
import { OrdinalSet } from "./ordinal-set.ts";
import type { WaitingClaim } from "./waiting-claim.ts";

/** Kinds of jobs that are counted and listed apart: the states, with SCHEDULED and FAILED divided. */
export const jobClasses = [
  "ready",
  "delayed",
  "running",
  "completed",
  "failed",
  "dead",
  "cancelled",
] as const;
export type JobClass = (typeof jobClasses)[number];
export type ClassSets = Readonly<Record<JobClass, OrdinalSet>>;

export function createClassSets(): ClassSets {
  return {
    ready: new OrdinalSet(),
    delayed: new OrdinalSet(),
    running: new OrdinalSet(),
    completed: new OrdinalSet(),
    failed: new OrdinalSet(),
    dead: new OrdinalSet(),
    cancelled: new OrdinalSet(),
  };
}

/** One attempt as it goes on; {@link toAttempt} takes the snapshot. */
export class AttemptRow {
  readonly number: number;
  readonly handle: string;
  readonly worker: string;
  readonly startedAtMs: number;
  state: AttemptState = AttemptState.RUNNING;
  endedAtMs: number | undefined;
  result: Result | undefined;
  /** Made with the first event, freed by retention. */
  log: MemoryLog | undefined;
  lastSequence = 0;
  processEnd: ProcessEnd | undefined;
  /** What `complete` answered, once it has: the same lease is answered the same. */
  answer: JobState | undefined;
  /** Its place among the logs that retention frees. */
  readonly place: ListNode<AttemptRow> = createListNode<AttemptRow>(this);

  constructor(begin: Pick<AttemptRow, "number" | "handle" | "worker" | "startedAtMs">) {
    this.number = begin.number;
    this.handle = begin.handle;
    this.worker = begin.worker;
    this.startedAtMs = begin.startedAtMs;
  }
}

export class JobRow {
  /** Counts jobs as they are created, so that it sorts as (createdAtMs, jobId). */
  readonly ordinal: number;
  readonly queue: QueueRow;
  /** What was asked for, to tell a repeat from another request under its id. */
  readonly request: NewJob;
  /** When it entered the end of its queue, counted by the dispatcher. */
  position = 0;
  job: Job;
  jobClass: JobClass | undefined;
  /** The latest ones, in order. */
  readonly attempts: AttemptRow[] = [];
  /** Its place among the ready jobs of its queue and priority, or among the finished ones of the store. */
  readonly place: ListNode<JobRow> = createListNode<JobRow>(this);
  /** The end of its lease while it runs, of its delay while it waits for that. */
  readonly deadline: Deadline<JobRow> = createDeadline<JobRow>(this);

  constructor(begin: Pick<JobRow, "ordinal" | "queue" | "request" | "job">) {
    this.ordinal = begin.ordinal;
    this.queue = begin.queue;
    this.request = begin.request;
    this.job = begin.job;
  }
}

export interface QueueRow {
  readonly name: string;
  readonly sets: ClassSets;
  /** Ready jobs, by {@link laneOf} their priority. */
  readonly lanes: readonly Lane<JobRow>[];
  /** While one waits, no job is ready. */
  readonly waiting: LinkedList<WaitingClaim>;
}

/** Index of a priority's lane: 0 is the most urgent. */
export function laneOf(priority: number): number {
  return limits.priority - priority;
}

export function createQueueRow(name: string): QueueRow {
  const lanes = Array.from({ length: 2 * limits.priority + 1 }, () => new Lane<JobRow>());
  return { name, sets: createClassSets(), lanes, waiting: new LinkedList() };
}

/** `isDelayed` says of a scheduled job whether its time is still to come. */
export function classOf(job: Job, isDelayed: boolean): JobClass {
  switch (job.state) {
    case JobState.RUNNING:
      return "running";
    case JobState.COMPLETED:
      return "completed";
    case JobState.FAILED:
      return job.isDead ? "dead" : "failed";
    case JobState.CANCELLED:
      return "cancelled";
    default:
      return isDelayed ? "delayed" : "ready";
  }
}

export function toAttempt(attempt: AttemptRow, leaseExpiresAtMs: number | undefined): Attempt {
  const { number, state, worker, startedAtMs, endedAtMs, result, lastSequence } = attempt;
  return { number, state, worker, startedAtMs, endedAtMs, leaseExpiresAtMs, result, lastSequence };
}
