// SPDX-License-Identifier: Apache-2.0
import { acceptEntries } from "../../event-log/accept.ts";
import { eventBytesOf, processEndOf } from "../../event-log/entry.ts";
import { createEventMemory, type EventMemory } from "../../event-log/event-memory.ts";
import type { LogEntry, LogPage, LogPosition } from "../../event-log/log-entry.ts";
import { createMemoryLog } from "../../event-log/memory-log.ts";
import { maxEventBytes } from "../../event-log/scan-event.ts";
import { AttemptState } from "../../gen/job/v1/job_pb.ts";
import type { Clock } from "../../job/clock.ts";
import { JobError } from "../../job/errors.ts";
import type { Job } from "../../job/job.ts";
import type { AppendOptions } from "../../job/job-store.ts";
import { hasEnded } from "../../job/transition.ts";
import { AgeLimit } from "./age-limit.ts";
import { unlink } from "./linked-list.ts";
import type { AttemptRow, JobRow } from "./rows.ts";

export interface JobLogsOptions {
  readonly clock: Clock;
  /** Of all logs together; what is above goes to a file. */
  readonly eventBytesInMemory: number;
  /** Of all logs together, in memory and in the file: of more, those of attempts that ended first go, and without such no more are taken. */
  readonly maxEventBytes: number;
  /** Counted from the end of the attempt. */
  readonly eventRetentionMs: number;
}

/** The logs of all attempts: how they grow, are read, and go. */
export class JobLogs implements AsyncDisposable {
  readonly #memory: EventMemory;
  readonly #ended: AgeLimit<AttemptRow>;
  readonly #maxBytes: number;

  constructor({ clock, eventBytesInMemory, maxEventBytes, eventRetentionMs }: JobLogsOptions) {
    this.#maxBytes = maxEventBytes;
    this.#memory = createEventMemory({ maxBytes: eventBytesInMemory });
    this.#ended = new AgeLimit<AttemptRow>({
      clock,
      maxAgeMs: eventRetentionMs,
      maxItems: Infinity,
      sinceMs: (attempt) => attempt.endedAtMs ?? 0,
      onExpired: (attempt) => this.free(attempt),
    });
  }

  /** To be awaited before {@link append}; see {@link EventMemory.room}. */
  room(): Promise<void> {
    return this.#memory.room();
  }

  /** @throws {JobError} `event_too_large`, `sequence_gap`, `throttled`; nothing is appended then */
  append(attempt: AttemptRow, entries: readonly LogEntry[], { gaps }: AppendOptions): void {
    for (const entry of entries) {
      // The frame is only a few bytes longer than its event.
      if (entry.frame.length > maxEventBytes && eventBytesOf(entry).length > maxEventBytes) refuseSize(entry);
    }
    const accepted = acceptEntries({ lastSequence: attempt.lastSequence, entries, gaps });
    if (accepted.length === 0) return;
    this.#makeRoom();
    attempt.log ??= createMemoryLog(this.#memory);
    attempt.log.append(accepted);
    attempt.lastSequence = attempt.log.lastSequence;
    attempt.processEnd =
      accepted.map(processEndOf).findLast((end) => end !== undefined) ?? attempt.processEnd;
  }

  /** @throws {JobError} `throttled` where what runs alone has taken all there is */
  #makeRoom(): void {
    while (this.#memory.bytesInMemory + this.#memory.bytesOnDisk > this.#maxBytes) {
      if (this.#ended.expireOldest()) continue;
      throw new JobError(
        "throttled",
        "The events of running jobs take all the room that the server has for events; they go on when other jobs have ended.",
      );
    }
  }

  /** The attempt has ended: its log is complete, and its age begins. */
  close(attempt: AttemptRow): void {
    if (attempt.log === undefined) return;
    attempt.log.close();
    this.#ended.add(attempt.place);
  }

  /** Forgets the events; the attempt keeps the number of the last one. */
  free(attempt: AttemptRow): void {
    unlink(attempt.place);
    attempt.log?.[Symbol.dispose]();
    attempt.log = undefined;
  }

  /**
   * What the page says of job and attempt is as it was when the read began: what changes meanwhile wakes the reader
   * again.
   * @throws {JobError} `job_not_found` where a reader that goes on behind the start would take the end of what is kept
   *   for the end of the log
   */
  async read({ job, attempts }: JobRow, position: LogPosition): Promise<LogPage> {
    const number = position.attempt === 0 ? job.attempt : position.attempt;
    if (number < 0 || number > job.attempt) {
      throw new JobError(
        "invalid_request",
        `Job ${job.jobId} has no attempt ${number}: its latest is ${job.attempt}.`,
        { field: "attempt" },
      );
    }
    const attempt = attempts.find((candidate) => candidate.number === number);
    const page = {
      attempt: number,
      isClosed: number > 0 && attempt?.state !== AttemptState.RUNNING,
      latestAttempt: job.attempt,
      hasJobEnded: hasEnded(job),
    };
    const slice = await attempt?.log?.read(position.fromSequence, position.maxBytes);
    // Also where it was forgotten while it was read.
    if (attempt !== undefined && attempt.log === undefined) requireNothingLost(job, attempt, position);
    return { ...page, entries: slice?.entries ?? [], hasMore: slice?.hasMore ?? false };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended[Symbol.dispose]();
    await this.#memory[Symbol.asyncDispose]();
  }
}

function requireNothingLost({ jobId }: Job, { number, lastSequence }: AttemptRow, from: LogPosition): void {
  if (from.fromSequence <= 1 || from.fromSequence > lastSequence) return;
  throw new JobError(
    "job_not_found",
    `The events of attempt ${number} of job ${jobId} from ${from.fromSequence} to ${lastSequence} are not kept any more.`,
    { field: "from_sequence" },
  );
}

function refuseSize(entry: LogEntry): never {
  throw new JobError(
    "event_too_large",
    `Event ${entry.sequence} is larger than ${maxEventBytes} bytes: split its output.`,
    { field: "events" },
  );
}
