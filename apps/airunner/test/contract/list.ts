// SPDX-License-Identifier: Apache-2.0
import { expect } from "vitest";
import { JobState } from "../../src/gen/job/v1/job_pb.ts";
import type { Behaves } from "./behaves.ts";
import { type Kit, leaseMs } from "./kit.ts";

async function idsOfPages(kit: Kit, pageSize: number, newestFirst = false): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let page = 1; ; page += 1) {
    const { jobs } = await kit.list({ page, pageSize, newestFirst });
    ids.push(...jobs.map(({ jobId }) => jobId));
    if (jobs.length < pageSize) return ids;
  }
}

/** One job of each kind, in this order, in queue "a"; and one that waits in "b". */
async function oneOfEach(kit: Kit) {
  const completed = await kit.running({ queue: "a" });
  await kit.complete(completed.lease);
  const failed = await kit.running({ queue: "a" });
  await kit.fail(failed.lease);
  const dead = await kit.running({
    queue: "a",
    retryPolicy: { maxAttempts: 1, initialBackoffMs: 0, maxBackoffMs: 0 },
  });
  await kit.fail(dead.lease);
  const cancelled = await kit.enqueue({ queue: "a" });
  await kit.store.cancel(cancelled, "");
  const running = await kit.running({ queue: "a" });
  const delayed = await kit.enqueue({ queue: "a", delayMs: 60_000 });
  const scheduled = await kit.enqueue({ queue: "a" });
  const other = await kit.enqueue({ queue: "b" });
  return {
    completed: completed.job.jobId,
    failed: failed.job.jobId,
    dead: dead.job.jobId,
    cancelled,
    running: running.job.jobId,
    delayed,
    scheduled,
    other,
  };
}

export function listBehaviour(behaves: Behaves): void {
  behaves("never again (row 19): random list order", async (kit) => {
    const ids: string[] = [];
    for (let count = 0; count < 60; count += 1) {
      ids.push(await kit.enqueue({ queue: count % 3 === 0 ? "a" : "b" }));
      if (count % 7 === 0) await kit.advance(1);
    }
    const first = await kit.list({ pageSize: 100 });
    expect(first.jobs.map(({ jobId }) => jobId)).toEqual(ids);
    expect(await kit.list({ pageSize: 100 })).toEqual(first);
    expect((await kit.list({ pageSize: 100, newestFirst: true })).jobs).toEqual(first.jobs.toReversed());
  });

  behaves("row 19: pages neither overlap nor miss, and a page behind the end is empty", async (kit) => {
    const ids: string[] = [];
    for (let count = 0; count < 25; count += 1) ids.push(await kit.enqueue());
    expect(await idsOfPages(kit, 7)).toEqual(ids);
    expect(await idsOfPages(kit, 7, true)).toEqual(ids.toReversed());
    expect(await kit.list({ page: 3, pageSize: 10 })).toMatchObject({ total: 25, jobs: { length: 5 } });
    expect(await kit.list({ page: 99, pageSize: 10 })).toEqual({ jobs: [], total: 25 });
  });

  behaves("row 19: a clock that steps back does not change the order", async (kit) => {
    const first = await kit.enqueue();
    kit.clock.jump(-3_600_000);
    const second = await kit.enqueue();
    const { jobs } = await kit.list();
    expect(jobs.map(({ jobId }) => jobId)).toEqual([first, second]);
    expect(jobs.map(({ createdAtMs }) => createdAtMs)).toEqual(
      jobs.map(({ createdAtMs }) => createdAtMs).toSorted((left, right) => left - right),
    );
  });

  behaves("jobs keep their place in the list whatever becomes of them", async (kit) => {
    const ids = Object.values(await oneOfEach(kit));
    expect((await kit.list()).jobs.map(({ jobId }) => jobId)).toEqual(ids);
  });

  behaves(
    "a list is of one queue, one state, one attempt, the dead ones, or of several of these",
    async (kit) => {
      const ids = await oneOfEach(kit);
      const listed = async (query: Parameters<Kit["list"]>[0]) => {
        const { jobs, total } = await kit.list(query);
        expect(total).toBe(jobs.length);
        return jobs.map(({ jobId }) => jobId);
      };
      expect(await listed({ queue: "b" })).toEqual([ids.other]);
      expect(await listed({ queue: "none" })).toEqual([]);
      expect(await listed({ state: JobState.SCHEDULED })).toEqual([ids.delayed, ids.scheduled, ids.other]);
      expect(await listed({ state: JobState.SCHEDULED, queue: "a" })).toEqual([ids.delayed, ids.scheduled]);
      expect(await listed({ state: JobState.RUNNING })).toEqual([ids.running]);
      expect(await listed({ state: JobState.COMPLETED })).toEqual([ids.completed]);
      expect(await listed({ state: JobState.FAILED })).toEqual([ids.failed, ids.dead]);
      expect(await listed({ state: JobState.CANCELLED, queue: "b" })).toEqual([]);
      expect(await listed({ state: JobState.CANCELLED })).toEqual([ids.cancelled]);
      expect(await listed({ deadOnly: true })).toEqual([ids.dead]);
      expect(await listed({ deadOnly: true, state: JobState.COMPLETED })).toEqual([]);
      expect(await listed({ attempt: 1, newestFirst: true })).toEqual([
        ids.running,
        ids.dead,
        ids.failed,
        ids.completed,
      ]);
      expect(await kit.list({ attempt: 1, page: 2, pageSize: 3 })).toMatchObject({
        total: 4,
        jobs: [{ jobId: ids.running }],
      });
    },
  );

  behaves("a queue counts its jobs by state", async (kit) => {
    const ids = await oneOfEach(kit);
    const { createdAtMs } = (await kit.store.get(ids.scheduled)).job;
    const stat = {
      queue: "a",
      scheduled: 1,
      delayed: 1,
      running: 1,
      completed: 1,
      failed: 2,
      cancelled: 1,
      dead: 1,
      oldestScheduledAtMs: createdAtMs,
      waitingWorkers: 0,
    };
    expect(await kit.store.stats("a")).toEqual([stat]);
    expect(await kit.store.stats("")).toMatchObject([stat, { queue: "b", scheduled: 1 }]);
    await kit.store.retry(ids.dead);
    expect(await kit.store.stats("a")).toMatchObject([{ scheduled: 2, failed: 1, dead: 0 }]);
  });

  behaves("a delayed job counts as ready from its time on", async (kit) => {
    const jobId = await kit.enqueue({ delayMs: 5_000 });
    const { createdAtMs } = (await kit.store.get(jobId)).job;
    expect(await kit.store.stats("default")).toMatchObject([
      { scheduled: 0, delayed: 1, oldestScheduledAtMs: undefined },
    ]);
    await kit.advance(5_000);
    expect(await kit.store.stats("default")).toMatchObject([
      { scheduled: 1, delayed: 0, oldestScheduledAtMs: createdAtMs },
    ]);
  });

  behaves("the oldest job that waits is told by its creation", async (kit) => {
    const oldest = await kit.running();
    const createdAtMs = oldest.job.createdAtMs;
    await kit.advance(1_000);
    await kit.enqueue();
    await kit.store.release(oldest.lease, "");
    expect(await kit.store.stats("default")).toMatchObject([
      { oldestScheduledAtMs: createdAtMs, scheduled: 2 },
    ]);
  });

  behaves("claims that wait are counted while they do, in each of their queues", async (kit) => {
    const waiting = [kit.startClaim({ queues: ["a", "b"] }), kit.startClaim({ queue: "b" })];
    await kit.settle();
    expect(await kit.store.stats("a")).toMatchObject([{ waitingWorkers: 1 }]);
    expect(await kit.store.stats("b")).toMatchObject([{ waitingWorkers: 2 }]);
    await kit.enqueue({ queue: "a" });
    waiting[1]?.giveUp.abort();
    await Promise.all(waiting.map(({ claims }) => claims));
    expect(await kit.store.stats("b")).toMatchObject([{ waitingWorkers: 0 }]);
  });

  behaves("an unknown queue has zeros", async (kit) => {
    expect(await kit.store.stats("nowhere")).toEqual([
      {
        queue: "nowhere",
        scheduled: 0,
        delayed: 0,
        running: 0,
        completed: 0,
        failed: 0,
        cancelled: 0,
        dead: 0,
        oldestScheduledAtMs: undefined,
        waitingWorkers: 0,
      },
    ]);
  });

  behaves(
    "a queue is known while it has jobs or waiting claims, and not for having been asked for",
    async (kit) => {
      await kit.store.stats("asked");
      const { claims, giveUp } = kit.startClaim({ queues: ["a", "b"] });
      await kit.settle();
      giveUp.abort();
      await claims;
      expect(await kit.store.stats("")).toEqual([]);
      await kit.enqueue({ queue: "b" });
      expect(await kit.store.stats("")).toMatchObject([{ queue: "b", scheduled: 1 }]);
    },
  );

  behaves("what a store has returned never changes", async (kit) => {
    const jobId = await kit.enqueue();
    const [listed] = (await kit.list()).jobs;
    const record = await kit.store.get(jobId);
    const copies = structuredClone([listed, record].map((value) => JSON.stringify(value)));
    const { lease } = await kit.claim();
    await kit.store.cancel(jobId, "x");
    await kit.advance(leaseMs);
    await kit.store.extend(lease, leaseMs).catch(() => undefined);
    expect([listed, record].map((value) => JSON.stringify(value))).toEqual(copies);
  });
}
