// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { AttemptState, JobState } from "../../src/gen/job/v1/job_pb.ts";
import type { Claim } from "../../src/job/job-store.ts";
import type { Behaves } from "./behaves.ts";
import { createKit, leaseMs } from "./kit.ts";
import type { StoreFactory } from "./store-under-test.ts";

function idsOf(claims: readonly Claim[]): readonly string[] {
  return claims.map(({ job }) => job.jobId);
}

export function claimBehaviour(behaves: Behaves, factory: StoreFactory): void {
  behaves("a claimed job runs, with a new attempt and the time of the hand-out", async (kit) => {
    const jobId = await kit.enqueue();
    await kit.advance(1_000);
    const { job, lease } = await kit.claim({ worker: "box-1" });
    expect(job).toMatchObject({ jobId, state: JobState.RUNNING, attempt: 1, countedAttempts: 1 });
    expect(job.updatedAtMs).toBe(kit.clock.now());
    expect(lease).toMatchObject({
      jobId,
      queue: "default",
      attempt: 1,
      handle: expect.stringMatching(/^[^|]+$/),
    });
    const record = await kit.store.get(jobId);
    expect(record.job).toEqual(job);
    expect(record.attempts).toEqual([
      {
        number: 1,
        state: AttemptState.RUNNING,
        worker: "box-1",
        startedAtMs: kit.clock.now(),
        endedAtMs: undefined,
        leaseExpiresAtMs: kit.clock.now() + leaseMs,
        result: undefined,
        lastSequence: 0,
      },
    ]);
  });

  behaves("a claim gets as many jobs as it asks for and there are", async (kit) => {
    const ids = [await kit.enqueue(), await kit.enqueue(), await kit.enqueue()];
    const first = idsOf(await kit.claimAll({ maxJobs: 2 }));
    expect(first).toHaveLength(2);
    const rest = idsOf(await kit.claimAll({ maxJobs: 100 }));
    expect([...first, ...rest].toSorted()).toEqual(ids);
  });

  behaves("a claim waits for a job and is woken by it", async (kit) => {
    const { claims } = kit.startClaim();
    await kit.settle();
    const jobId = await kit.enqueue();
    expect(idsOf(await claims)).toEqual([jobId]);
  });

  behaves("a claim that is given up gets nothing, and takes nothing with it", async (kit) => {
    const { claims, giveUp } = kit.startClaim();
    await kit.settle();
    giveUp.abort();
    expect(await claims).toEqual([]);
    const jobId = await kit.enqueue();
    expect(await kit.state(jobId)).toBe(JobState.SCHEDULED);
    expect((await kit.claim()).job.attempt).toBe(1);
  });

  behaves("a claim that was given up before it began gets nothing", async (kit) => {
    await kit.enqueue();
    const request = { queues: [{ queue: "default", weight: 1 }], maxJobs: 1, leaseMs, worker: "" };
    expect(await kit.store.claim(request, AbortSignal.abort())).toEqual([]);
    expect((await kit.claim()).job.attempt).toBe(1);
  });

  behaves("a claim takes from its own queues only", async (kit) => {
    await kit.enqueue({ queue: "other" });
    expect(await kit.claimNow()).toEqual([]);
    const { claims } = kit.startClaim({ queues: ["a", "b"] });
    await kit.settle();
    await kit.enqueue({ queue: "c" });
    const jobId = await kit.enqueue({ queue: "b" });
    expect(await claims).toMatchObject([{ job: { jobId, queue: "b" }, lease: { queue: "b" } }]);
    expect(await kit.claimNow({ queue: "a" })).toEqual([]);
  });

  behaves("row 17: one job is never handed to two workers at once", async (kit) => {
    const waiting = Array.from({ length: 10 }, () => kit.startClaim());
    await kit.settle();
    const ids = [await kit.enqueue(), await kit.enqueue(), await kit.enqueue()];
    await kit.settle();
    for (const { giveUp } of waiting) giveUp.abort();
    const claims = (await Promise.all(waiting.map((claim) => claim.claims))).flat();
    expect(idsOf(claims).toSorted()).toEqual(ids);
  });

  behaves(
    "where several queues have jobs, each is chosen by its weight",
    async (kit) => {
      const jobs = 40;
      for (let count = 0; count < jobs; count += 1) {
        await kit.enqueue({ queue: "heavy" });
        await kit.enqueue({ queue: "light" });
      }
      const queues = [
        { queue: "heavy", weight: 3 },
        { queue: "light", weight: 1 },
      ];
      const request = { queues, maxJobs: jobs, leaseMs, worker: "" };
      const claims: Claim[] = [];
      while (claims.length < jobs) {
        claims.push(
          ...(await kit.store.claim(
            { ...request, maxJobs: jobs - claims.length },
            new AbortController().signal,
          )),
        );
      }
      const heavy = claims.filter(({ job }) => job.queue === "heavy").length;
      expect(heavy).toBe(30);
    },
    { random: evenly() },
  );

  test.runIf(factory.isOrdered)(
    "within a queue jobs are handed out in the order of their creation",
    async () => {
      await using kit = await createKit(factory);
      const ids: string[] = [];
      for (let count = 0; count < 20; count += 1) ids.push(await kit.enqueue());
      expect(idsOf(await kit.claimAll({ maxJobs: 20 }))).toEqual(ids);
    },
  );

  test.runIf(factory.isOrdered)("higher priorities are handed out earlier", async () => {
    await using kit = await createKit(factory);
    const low = await kit.enqueue({ priority: -9 });
    const normal = [await kit.enqueue(), await kit.enqueue()];
    const high = await kit.enqueue({ priority: 9 });
    const above = await kit.enqueue({ priority: 1 });
    expect(idsOf(await kit.claimAll({ maxJobs: 5 }))).toEqual([high, above, ...normal, low]);
  });

  test.runIf(factory.isOrdered)("waiting claims are served in the order of their calls", async () => {
    await using kit = await createKit(factory);
    const waiting = [kit.startClaim(), kit.startClaim({ queues: ["x", "default"] }), kit.startClaim()];
    await kit.settle();
    waiting[0]?.giveUp.abort();
    const ids = [await kit.enqueue(), await kit.enqueue()];
    const claims = await Promise.all(waiting.map((claim) => claim.claims));
    expect(claims.map(idsOf)).toEqual([[], [ids[0]], [ids[1]]]);
  });

  test.runIf(factory.isOrdered)(
    "jobs that were delayed stand in line by the time they became ready",
    async () => {
      await using kit = await createKit(factory);
      const late = await kit.enqueue({ delayMs: 2_000 });
      const soon = [await kit.enqueue({ delayMs: 1_000 }), await kit.enqueue({ delayMs: 1_000 })];
      await kit.advance(1_500);
      const now = await kit.enqueue();
      await kit.advance(1_000);
      expect(idsOf(await kit.claimAll({ maxJobs: 4 }))).toEqual([...soon, now, late]);
    },
  );
}

/** 0.001, 0.151, 0.301 … through all twentieths and again: over twenty calls every share is exact. */
function evenly(): () => number {
  let count = 0;
  return () => ((count++ * 3) % 20) / 20 + 0.001;
}
