// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import fc from "fast-check";
import { AttemptState, JobState } from "../../src/gen/job/v1/job_pb.ts";
import { JobError } from "../../src/job/errors.ts";
import type { Claim, JobRecord } from "../../src/job/job-store.ts";
import { createKit, type Kit, output } from "./kit.ts";
import { type NaiveClaim, type NaiveFacts, type NaivePolicy, NaiveStore } from "./naive-store.ts";
import type { StoreFactory } from "./store-under-test.ts";

type Step =
  | {
      readonly do: "enqueue";
      readonly queue: string;
      readonly priority: number;
      readonly delayMs: number;
      readonly policy: NaivePolicy | undefined;
    }
  | {
      readonly do: "claim";
      readonly queues: readonly string[];
      readonly maxJobs: number;
      readonly leaseMs: number;
    }
  | { readonly do: "complete" | "fail" | "release"; readonly which: number }
  | { readonly do: "extend"; readonly which: number; readonly leaseMs: number }
  | { readonly do: "append"; readonly which: number; readonly from: number; readonly count: number }
  | { readonly do: "cancel" | "retry" | "giveUp"; readonly which: number }
  | { readonly do: "advance"; readonly ms: number };

const queue = fc.constantFrom("a", "b");
const queues = fc.constantFrom(["a"], ["b"], ["a", "b"], ["b", "a"]);
const which = fc.nat({ max: 11 });
const leaseMs = fc.constantFrom(1_000, 2_000, 5_000);

function kind<T extends Step["do"]>(...names: readonly T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...names);
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: kind("enqueue"),
      queue,
      priority: fc.constantFrom(0, 0, 0, -9, 9),
      delayMs: fc.constantFrom(0, 0, 0, 1_000, 3_000),
      policy: fc.option(
        fc.record({ maxAttempts: fc.integer({ min: 1, max: 3 }), waitMs: fc.constantFrom(0, 1_000) }),
        { nil: undefined },
      ),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({ do: kind("claim"), queues, maxJobs: fc.integer({ min: 1, max: 3 }), leaseMs }),
  },
  { weight: 6, arbitrary: fc.record({ do: kind("complete", "fail", "release"), which }) },
  { weight: 2, arbitrary: fc.record({ do: kind("extend"), which, leaseMs }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: kind("append"),
      which,
      from: fc.integer({ min: 1, max: 4 }),
      count: fc.integer({ min: 0, max: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: kind("cancel", "retry", "giveUp"), which }) },
  { weight: 5, arbitrary: fc.record({ do: kind("advance"), ms: fc.constantFrom(500, 1_000, 1_500, 4_000) }) },
);

export const steps = fc.array(step, { minLength: 1, maxLength: 60, size: "max" });

const stateNames: Readonly<Record<number, string>> = {
  [JobState.SCHEDULED]: "waiting",
  [JobState.RUNNING]: "running",
  [JobState.COMPLETED]: "completed",
  [JobState.FAILED]: "failed",
  [JobState.CANCELLED]: "cancelled",
};
const attemptNames: Readonly<Record<number, string>> = {
  [AttemptState.RUNNING]: "running",
  [AttemptState.SUCCEEDED]: "succeeded",
  [AttemptState.FAILED]: "failed",
  [AttemptState.LOST]: "lost",
  [AttemptState.RELEASED]: "released",
  [AttemptState.CANCELLED]: "cancelled",
};

function factsOf({ job, attempts }: JobRecord): NaiveFacts {
  return {
    state: stateNames[job.state] ?? "unknown",
    attempt: job.attempt,
    counted: job.countedAttempts,
    notBeforeMs: job.notBeforeMs,
    isDead: job.isDead,
    isToBeCancelled: job.cancel !== undefined,
    attempts: attempts.map(({ state, lastSequence }) => `${attemptNames[state]} ${lastSequence}`),
    leaseExpiresAtMs: attempts.at(-1)?.leaseExpiresAtMs,
  };
}

interface Waiting {
  readonly expected: { readonly claims: readonly NaiveClaim[]; isOver: boolean };
  readonly giveUp: AbortController;
  /** What the store's claim was answered with, once it was. */
  answer: readonly Claim[] | undefined;
}

/** A store and its naive twin, driven step by step. */
class Run {
  readonly #kit: Kit;
  readonly #naive: NaiveStore;
  readonly #ids: string[] = [];
  readonly #claims: Claim[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(kit: Kit) {
    this.#kit = kit;
    this.#naive = new NaiveStore(kit.clock.now());
  }

  #nameOf(claim: Claim): NaiveClaim {
    return { name: this.#ids.indexOf(claim.job.jobId), attempt: claim.lease.attempt };
  }

  #take(claims: readonly Claim[], expected: readonly NaiveClaim[]): void {
    assert.deepEqual(
      claims.map((claim) => this.#nameOf(claim)),
      expected,
    );
    this.#claims.push(...claims);
  }

  /** Whether the call was done; false where it was refused with the code. */
  async #isDone(call: Promise<unknown>, code: string): Promise<boolean> {
    try {
      await call;
      return true;
    } catch (error) {
      if (error instanceof JobError && error.code === code) return false;
      throw error;
    }
  }

  async #withLease(index: number, call: (claim: Claim) => Promise<unknown>) {
    const claim = this.#claims[index % Math.max(1, this.#claims.length)];
    if (claim === undefined) return undefined;
    const job = this.#naive.held(this.#nameOf(claim));
    const isDone = await this.#isDone(call(claim), "lease_lost");
    assert.equal(isDone, job !== undefined);
    return job;
  }

  async do(step: Step): Promise<void> {
    const kit = this.#kit;
    switch (step.do) {
      case "enqueue": {
        const { queue, priority, delayMs, policy } = step;
        this.#naive.enqueue(queue, priority, delayMs, policy);
        const retryPolicy = policy && {
          maxAttempts: policy.maxAttempts,
          initialBackoffMs: policy.waitMs,
          maxBackoffMs: policy.waitMs,
        };
        this.#ids.push(await kit.enqueue({ queue, priority, delayMs, retryPolicy }));
        break;
      }
      case "claim": {
        const expected = this.#naive.claim(step.queues, step.maxJobs, step.leaseMs);
        if (expected.length > 0) this.#take(await kit.claimAll(step), expected);
        else this.#startWaiting(step.queues, step.leaseMs);
        break;
      }
      case "complete":
      case "fail": {
        await this.#complete(step.which, step.do === "complete");
        break;
      }
      case "release": {
        const job = await this.#withLease(step.which, ({ lease }) => kit.store.release(lease, ""));
        if (job !== undefined) this.#naive.release(job);
        break;
      }
      case "extend": {
        const job = await this.#withLease(step.which, ({ lease }) => kit.store.extend(lease, step.leaseMs));
        if (job !== undefined) this.#naive.extend(job, step.leaseMs);
        break;
      }
      case "append": {
        const events = Array.from({ length: step.count }, (_, index) => output(step.from + index, "x"));
        const job = await this.#withLease(step.which, ({ lease }) =>
          kit.append(lease, events, { gaps: "accept" }),
        );
        if (job !== undefined && step.count > 0) this.#naive.append(job, step.from + step.count - 1);
        break;
      }
      case "cancel":
      case "retry": {
        await this.#byHand(step.which, step.do);
        break;
      }
      case "giveUp": {
        const open = this.#waiting.filter(({ expected }) => !expected.isOver);
        const waiting = open[step.which % Math.max(1, open.length)];
        if (waiting === undefined) break;
        waiting.expected.isOver = true;
        waiting.giveUp.abort();
        break;
      }
      case "advance": {
        this.#naive.advance(step.ms);
        await kit.advance(step.ms);
        break;
      }
    }
  }

  #startWaiting(queues: readonly string[], leaseMs: number): void {
    const { claims, giveUp } = this.#kit.startClaim({ queues, leaseMs });
    const waiting: Waiting = {
      expected: this.#naive.startWaiting(queues, leaseMs),
      giveUp,
      answer: undefined,
    };
    this.#waiting.push(waiting);
    void claims.then((answer) => {
      waiting.answer = answer;
    });
  }

  /** Completing again after a success is answered, not refused; it must change nothing. */
  async #complete(index: number, isSuccess: boolean): Promise<void> {
    const claim = this.#claims[index % Math.max(1, this.#claims.length)];
    if (claim === undefined) return;
    const { name, attempt } = this.#nameOf(claim);
    const job = this.#naive.held({ name, attempt });
    const former = this.#naive.jobs[name]?.attempts[attempt - 1]?.state ?? "";
    const call = isSuccess ? this.#kit.complete(claim.lease) : this.#kit.fail(claim.lease);
    const isReported = ["succeeded", "failed", "cancelled"].includes(former);
    assert.equal(await this.#isDone(call, "lease_lost"), job !== undefined || isReported);
    if (job !== undefined) this.#naive.complete(job, isSuccess);
  }

  async #byHand(index: number, action: "cancel" | "retry"): Promise<void> {
    const name = index % Math.max(1, this.#ids.length);
    const jobId = this.#ids[name];
    if (jobId === undefined) return;
    const expected = action === "cancel" ? this.#naive.cancel(name) : this.#naive.retry(name);
    const call = action === "cancel" ? this.#kit.store.cancel(jobId, "") : this.#kit.store.retry(jobId);
    assert.equal(await this.#isDone(call, "wrong_state"), expected);
  }

  /** Both must agree on everything that can be seen, and the store must keep what it promises whatever happens. */
  async check(): Promise<void> {
    const { store } = this.#kit;
    await this.#kit.settle();
    for (const { expected, answer } of this.#waiting) assert.equal(answer !== undefined, expected.isOver);
    const answered = this.#waiting.filter(({ answer }) => answer !== undefined);
    for (const waiting of answered) {
      this.#take(waiting.answer ?? [], waiting.expected.claims);
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    }

    const records = await Promise.all(this.#ids.map((jobId) => store.get(jobId)));
    assert.deepEqual(
      records.map(factsOf),
      this.#naive.jobs.map((job) => this.#naive.facts(job)),
    );
    for (const { job, attempts } of records) {
      assert.deepEqual(
        attempts.map(({ number }) => number),
        attempts.map((_, index) => index + 1),
      );
      const running = attempts
        .filter(({ state }) => state === AttemptState.RUNNING)
        .map(({ number }) => number);
      assert.deepEqual(running, job.state === JobState.RUNNING ? [job.attempt] : []);
    }
    assert.deepEqual(
      (await this.#kit.list({ pageSize: 1_000 })).jobs.map(({ jobId }) => jobId),
      this.#ids,
    );
    for (const queue of ["a", "b"]) {
      const [stat] = await store.stats(queue);
      assert.deepEqual({ ...stat, oldestScheduledAtMs: undefined }, this.#expectedStat(queue));
    }
  }

  #expectedStat(queue: string) {
    const jobs = this.#naive.jobs.filter((job) => job.queue === queue);
    const count = (state: string): number => jobs.filter((job) => job.state === state).length;
    const delayed = jobs.filter(({ isDelayed }) => isDelayed).length;
    return {
      queue,
      oldestScheduledAtMs: undefined,
      scheduled: count("waiting") - delayed,
      delayed,
      running: count("running"),
      completed: count("completed"),
      failed: count("failed"),
      cancelled: count("cancelled"),
      dead: jobs.filter(({ isDead }) => isDead).length,
      waitingWorkers: this.#naive.waiting.filter((claim) => claim.queues.includes(queue) && !claim.isOver)
        .length,
    };
  }

  get claimCount(): number {
    return this.#claims.length;
  }

  endWaiting(): void {
    for (const { giveUp } of this.#waiting) giveUp.abort();
  }
}

/**
 * Drives a store and the naive one through the steps, and compares them after each.
 * @returns how often a job was handed out
 */
export async function runBeside(factory: StoreFactory, steps: readonly Step[]): Promise<number> {
  // Of a wait with jitter the whole.
  await using kit = await createKit(factory, { random: () => 1 - Number.EPSILON });
  const run = new Run(kit);
  for (const step of steps) {
    await run.do(step);
    await run.check();
  }
  run.endWaiting();
  return run.claimCount;
}
