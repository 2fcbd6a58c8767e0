// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type FaultProxy, startFaultProxy } from "@repo/testkit/fault-proxy";
import type { JobClients } from "../../src/client/create-clients.ts";
import { errorInfoOf } from "../../src/client/error-info.ts";
import {
  AttemptState,
  EventType,
  type JobEvent,
  JobEventSchema,
  ResultReason,
} from "../../src/gen/job/v1/job_pb.ts";
import { acknowledge, attemptKey, type ToldEnd } from "./facts.ts";
import { tryOldToken } from "./old-tokens.ts";
import type { Place } from "./place.ts";
import type { Random } from "./random.ts";

export const scriptedQueue = "scripted";

export interface PublisherOptions {
  readonly place: Place;
  readonly name: string;
  readonly leaseSeconds: number;
  readonly random: Random;
}

/** The one output with this sequence in the log of an attempt that the publisher works on. */
export function scriptedOutput(jobId: string, attempt: number, sequence: number): Buffer {
  return Buffer.from(`${jobId.slice(-6)} ${attempt} ${sequence} ${"·".repeat(sequence % 90)}\n`);
}

interface Claim {
  readonly jobId: string;
  readonly attempt: number;
  readonly taskToken: string;
}

class LeaseLost extends Error {}

/**
 * Works on jobs by the protocol alone: claims them, appends events in groups that overlap what it sent before, keeps
 * what was acknowledged, and ends them, gives them back or forgets them, and then tries to go on all the same.
 */
export class Publisher implements AsyncDisposable {
  readonly name: string;
  readonly proxy: FaultProxy;
  readonly #options: PublisherOptions;
  readonly #clients: JobClients;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  private constructor(options: PublisherOptions, proxy: FaultProxy) {
    this.name = options.name;
    this.proxy = proxy;
    this.#options = options;
    this.#clients = options.place.clientsBy(proxy.url);
  }

  static async start(options: PublisherOptions): Promise<Publisher> {
    const proxy = await startFaultProxy({ target: options.place.server.server });
    const publisher = new Publisher(options, proxy);
    publisher.#done = publisher.#run().catch((error: unknown) => {
      options.place.facts.violations.push(`${options.name} failed: ${String(error)}`);
    });
    return publisher;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The campaign is over."));
    await this.#done;
    this.#clients[Symbol.dispose]();
    await this.proxy[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    const { leaseSeconds, name, random } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        const request = {
          queues: [{ queue: scriptedQueue, weight: 1 }],
          maxJobs: 1,
          visibilityTimeoutSeconds: leaseSeconds,
          worker: name,
        };
        const limits = { timeoutMs: 5000, signal: this.#stop.signal };
        for await (const { job, taskToken } of this.#clients.jobs.dequeueJob(request, limits))
          if (job !== undefined) await this.#work({ jobId: job.jobId, attempt: job.attempt, taskToken });
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (errorInfoOf(error).code !== "") throw error;
        await sleep(random.int(20, 300));
      }
    }
  }

  async #work(claim: Claim): Promise<void> {
    const { random } = this.#options;
    const count = random.int(5, 250);
    const plan = random.next();
    try {
      await this.#publish(claim, plan < 0.3 ? random.int(1, count) : count);
      // Forgotten: nobody extends its lease any more.
      if (plan < 0.15) await this.#tryAfterwards(claim);
      else if (plan < 0.3) await this.#end(claim, "released");
      else await this.#end(claim, plan < 0.45 ? "failed" : "succeeded");
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      await this.#tryAfterwards(claim);
    }
  }

  /** Appends the outputs 1 to `count`, from the last acknowledged one on, and extends the lease meanwhile. */
  async #publish(claim: Claim, count: number): Promise<void> {
    const { random, place, leaseSeconds } = this.#options;
    let acknowledged = 0;
    let extendedAt = performance.now();
    while (acknowledged < count) {
      const from = Math.max(1, acknowledged + 1 - random.int(0, 5));
      const to = Math.min(count, acknowledged + random.int(1, 30));
      const request = { taskToken: claim.taskToken, events: eventsOf(claim, from, to, random) };
      const answer = await this.#insist(() =>
        this.#clients.events.appendJobEvents(request, { timeoutMs: 5000 }),
      );
      acknowledged = Number(answer.lastSequence);
      if (acknowledged < to)
        place.facts.violations.push(
          `An append up to ${to} of job ${claim.jobId} was answered with ${acknowledged}.`,
        );
      acknowledge(place.facts, attemptKey(claim.jobId, claim.attempt), acknowledged);
      if (random.chance(0.3)) await sleep(random.int(1, 150));
      if (performance.now() - extendedAt < (leaseSeconds * 1000) / 3) continue;
      extendedAt = performance.now();
      const { taskToken } = claim;
      const extension = { queue: scriptedQueue, taskToken, visibilityTimeoutSeconds: leaseSeconds };
      await this.#insist(() => this.#clients.jobs.updateJob(extension, { timeoutMs: 5000 }));
    }
  }

  async #end({ jobId, attempt, taskToken }: Claim, how: ToldEnd): Promise<void> {
    const { jobs } = this.#clients;
    const isSuccess = how === "succeeded";
    const jobResult = {
      jobId,
      success: isSuccess,
      exitCode: isSuccess ? 0 : 7,
      errorMessage: isSuccess ? "" : "as planned",
      reason: ResultReason.EXITED,
    };
    await this.#insist<unknown>(() =>
      how === "released"
        ? jobs.releaseJob({ taskToken, reason: "as planned" }, { timeoutMs: 5000 })
        : jobs.completeJob({ taskToken, jobResult }, { timeoutMs: 5000 }),
    );
    this.#options.place.facts.toldEnds.set(attemptKey(jobId, attempt), how);
  }

  /** Repeats a call until it is answered. @throws {LeaseLost} */
  async #insist<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#stop.signal.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        const { code } = errorInfoOf(error);
        if (code === "lease_lost") throw new LeaseLost();
        if (code !== "") throw error;
        await sleep(this.#options.random.int(20, 300));
      }
    }
  }

  /** Waits until the server has given the attempt up, and then goes on as if it did not know. */
  async #tryAfterwards(claim: Claim): Promise<void> {
    const { place } = this.#options;
    for (;;) {
      this.#stop.signal.throwIfAborted();
      const { attempts } = await place.control.jobs.getJob({ jobId: claim.jobId });
      const attempt = attempts.find(({ number }) => number === claim.attempt);
      if (attempt?.state === AttemptState.LOST) break;
      // Its answer was lost, not the attempt.
      if (attempt?.state !== AttemptState.RUNNING) return;
      await sleep(100);
    }
    await tryOldToken(place, scriptedQueue, claim);
  }
}

/** The outputs `from` to `to`, cut into single events and batches as it comes. */
function eventsOf({ jobId, attempt }: Claim, from: number, to: number, random: Random): JobEvent[] {
  const events: JobEvent[] = [];
  for (let next = from; next <= to; ) {
    const end = random.chance(0.4) ? next : Math.min(to, next + random.int(0, 9));
    events.push(end === next ? single(jobId, attempt, next) : batch(jobId, attempt, next, end));
    next = end + 1;
  }
  return events;
}

function single(jobId: string, attempt: number, sequence: number): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(Date.now()),
    eventType: EventType.OUTPUT,
    eventData: { case: "output", value: { output: scriptedOutput(jobId, attempt, sequence) } },
  });
}

function batch(jobId: string, attempt: number, from: number, to: number): JobEvent {
  const outputs = Array.from({ length: to - from + 1 }, (_, index) => ({
    output: scriptedOutput(jobId, attempt, from + index),
    timestampDeltaMs: index,
  }));
  return create(JobEventSchema, {
    sequence: BigInt(from),
    timestamp: timestampFromMs(Date.now()),
    eventType: EventType.OUTPUT_BATCH,
    eventData: {
      case: "outputBatch",
      value: {
        outputs,
        startSequence: BigInt(from),
        endSequence: BigInt(to),
        firstTimestampMs: BigInt(Date.now()),
      },
    },
  });
}
