// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { decodeEntry } from "../../src/event-log/entry.ts";
import type { LogEntry, LogPage } from "../../src/event-log/log-entry.ts";
import { scanPublish, toEntry } from "../../src/event-log/scan-event.ts";
import {
  AppendJobEventsRequestSchema,
  EventType,
  type JobEvent,
  type JobEventSchema,
  JobParamsSchema,
  JobState,
  ResultReason,
} from "../../src/gen/job/v1/job_pb.ts";
import type { Lease, NewJob, Result } from "../../src/job/job.ts";
import type {
  Appended,
  AppendOptions,
  Claim,
  ClaimRequest,
  JobStore,
  ListQuery,
} from "../../src/job/job-store.ts";
import { FakeClock } from "./fake-clock.ts";
import type { ContractOptions, StoreFactory, StoreUnderTest } from "./store-under-test.ts";

export const leaseMs = 300_000;
const dayMs = 86_400_000;

export interface ClaimParts {
  readonly queue?: string;
  /** Replaces `queue`. */
  readonly queues?: readonly string[];
  readonly maxJobs?: number;
  readonly leaseMs?: number;
  readonly worker?: string;
}

function claimRequest({
  queue = "default",
  queues = [queue],
  worker = "",
  ...parts
}: ClaimParts): ClaimRequest {
  const { maxJobs = 1, leaseMs: ms = leaseMs } = parts;
  return { queues: queues.map((name) => ({ queue: name, weight: 1 })), maxJobs, leaseMs: ms, worker };
}

/** Calls of a {@link JobStore} with everything filled in that a test does not care about. */
export class Kit implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly #underTest: StoreUnderTest;

  constructor(clock: FakeClock, underTest: StoreUnderTest) {
    this.clock = clock;
    this.#underTest = underTest;
  }

  get store(): JobStore {
    return this.#underTest.store;
  }

  advance(ms: number): Promise<void> {
    return this.#underTest.advance(ms);
  }

  settle(): Promise<void> {
    return this.#underTest.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#underTest[Symbol.asyncDispose]();
  }

  /** @returns the new job's id */
  async enqueue(parts: Partial<NewJob> = {}): Promise<string> {
    return (await this.store.enqueue(newJob(parts))).jobId;
  }

  /** Claims what must be there. */
  async claimAll(parts: ClaimParts = {}): Promise<readonly Claim[]> {
    return this.store.claim(claimRequest(parts), AbortSignal.timeout(10_000));
  }

  async claim(parts: ClaimParts = {}): Promise<Claim> {
    const [claim] = await this.claimAll(parts);
    assert(claim !== undefined, "no job came within ten seconds");
    return claim;
  }

  /** A claim that waits; abort `giveUp` to end it. */
  startClaim(parts: ClaimParts = {}) {
    const giveUp = new AbortController();
    return { claims: this.store.claim(claimRequest(parts), giveUp.signal), giveUp };
  }

  /** What a claim gets at this moment. */
  async claimNow(parts: ClaimParts = {}): Promise<readonly Claim[]> {
    const { claims, giveUp } = this.startClaim(parts);
    await this.settle();
    giveUp.abort();
    return claims;
  }

  /** A job that runs. */
  async running(parts: Partial<NewJob> = {}, claim: ClaimParts = {}): Promise<Claim> {
    await this.enqueue(parts);
    return this.claim({ queue: parts.queue ?? "default", ...claim });
  }

  complete(lease: Lease, parts: Partial<Result> = {}): Promise<JobState> {
    return this.store.complete(lease, this.result(parts));
  }

  fail(lease: Lease, parts: Partial<Result> = {}): Promise<JobState> {
    const failure = { isSuccess: false, exitCode: 1, message: "It did not work." };
    return this.store.complete(lease, this.result({ ...failure, ...parts }));
  }

  result(parts: Partial<Result> = {}): Result {
    return {
      isSuccess: true,
      exitCode: 0,
      signal: "",
      reason: ResultReason.EXITED,
      message: "",
      startedAtMs: this.clock.now(),
      completedAtMs: this.clock.now(),
      ...parts,
    };
  }

  /** Appends events as a worker sends them. */
  append(
    lease: Lease,
    events: readonly EventInit[],
    options: AppendOptions = { gaps: "refuse" },
  ): Promise<Appended> {
    return this.store.append(lease, toEntries(events, lease.attempt, this.clock.now()), options);
  }

  async state(jobId: string): Promise<JobState> {
    return (await this.store.get(jobId)).job.state;
  }

  list(query: Partial<ListQuery> = {}) {
    return this.store.list({
      queue: "",
      state: JobState.UNSPECIFIED,
      attempt: 0,
      deadOnly: false,
      newestFirst: false,
      page: 1,
      pageSize: 50,
      ...query,
    });
  }

  readPage(jobId: string, attempt = 0, fromSequence = 0, maxBytes = 1_000_000): Promise<LogPage> {
    return this.store.read({ jobId, attempt, fromSequence, maxBytes });
  }

  /** All events of an attempt, read page by page. */
  async readAll(jobId: string, attempt = 0, maxBytes = 1_000_000): Promise<readonly JobEvent[]> {
    const events: JobEvent[] = [];
    let fromSequence = 0;
    for (;;) {
      const { entries, hasMore } = await this.readPage(jobId, attempt, fromSequence, maxBytes);
      events.push(...entries.map(decodeEntry));
      fromSequence = (entries.at(-1)?.endSequence ?? 0) + 1;
      if (!hasMore) return events;
    }
  }
}

export async function createKit(factory: StoreFactory, options: Partial<ContractOptions> = {}): Promise<Kit> {
  const clock = options.clock ?? new FakeClock();
  const underTest = await factory.createStore({
    random: () => 0.999_999,
    finishedJobRetentionMs: 30 * dayMs,
    maxFinishedJobs: 100_000,
    eventRetentionMs: 30 * dayMs,
    ...options,
    clock,
  });
  return new Kit(clock, underTest);
}

export function newJob({ params, ...parts }: Partial<NewJob> = {}): NewJob {
  return {
    requestId: "",
    queue: "default",
    params: params ?? create(JobParamsSchema, { command: "make", args: ["test"] }),
    priority: 0,
    delayMs: 0,
    retryPolicy: undefined,
    submitter: "",
    ...parts,
  };
}

export type EventInit = MessageInitShape<typeof JobEventSchema>;

export function toEntries(events: readonly EventInit[], attempt: number, nowMs: number): readonly LogEntry[] {
  const request = create(AppendJobEventsRequestSchema, { taskToken: "t", events: [...events] });
  const scanned = scanPublish(toBinary(AppendJobEventsRequestSchema, request));
  return scanned.events.map((event) => toEntry(event, attempt, nowMs));
}

/** One output. */
export function output(sequence: number, text: string | Uint8Array): EventInit {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const value = { output: new Uint8Array(bytes) };
  return { sequence: BigInt(sequence), eventType: EventType.OUTPUT, eventData: { case: "output", value } };
}

/** A batch of outputs, one for each text, as workers send them. */
export function batch(sequence: number, texts: readonly (string | Uint8Array)[]): EventInit {
  return {
    sequence: BigInt(sequence),
    eventType: EventType.OUTPUT_BATCH,
    eventData: {
      case: "outputBatch",
      value: {
        outputs: texts.map((text, index) => ({
          output: new Uint8Array(Buffer.from(text)),
          timestampDeltaMs: index,
        })),
        startSequence: BigInt(sequence),
        endSequence: BigInt(sequence + texts.length - 1),
        firstTimestampMs: BigInt(Date.UTC(2026, 10, 21)),
        playbackIntervalMillis: 50,
      },
    },
  };
}

export function processStart(sequence: number): EventInit {
  return {
    sequence: BigInt(sequence),
    eventType: EventType.PROCESS_START,
    eventData: { case: "processStart", value: { pid: 7 } },
  };
}

export function processEnd(sequence: number, exitCode: number, signal = ""): EventInit {
  const value = { pid: 7, exitCode, signal };
  return {
    sequence: BigInt(sequence),
    eventType: EventType.PROCESS_END,
    eventData: { case: "processEnd", value },
  };
}

/** The output of an event, packed or not. */
export function outputOf({ eventData }: JobEvent): Buffer {
  if (eventData.case === "output") return Buffer.from(eventData.value.output);
  if (eventData.case === "outputBatch")
    return Buffer.concat(eventData.value.outputs.map((item) => item.output));
  return Buffer.alloc(0);
}

export function textOf(events: readonly JobEvent[]): string {
  return Buffer.concat(events.map(outputOf)).toString();
}

export function sequencesOf(events: readonly JobEvent[]): readonly number[] {
  return events.map((event) => Number(event.sequence));
}
