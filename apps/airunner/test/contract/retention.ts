// SPDX-License-Identifier: Apache-2.0
import { expect } from "vitest";
import { JobState } from "../../src/gen/job/v1/job_pb.ts";
import { type Behaves, expectRefusal } from "./behaves.ts";
import { leaseMs, output, sequencesOf } from "./kit.ts";

const hourMs = 3_600_000;

export function retentionBehaviour(behaves: Behaves): void {
  behaves(
    "a job is forgotten some time after its end, with its request id; one that has not ended never is",
    async (kit) => {
      const { lease } = await kit.running({ requestId: "r-1" });
      const waiting = await kit.enqueue({ queue: "other" });
      await kit.append(lease, [output(1, "x")]);
      await kit.complete(lease);
      await kit.advance(hourMs - 1);
      expect(await kit.state(lease.jobId)).toBe(JobState.COMPLETED);
      await kit.advance(1);
      await expectRefusal(kit.store.get(lease.jobId), "job_not_found");
      await expectRefusal(kit.readPage(lease.jobId), "job_not_found");
      expect(await kit.list()).toMatchObject({ total: 1, jobs: [{ jobId: waiting }] });
      expect(await kit.store.stats("")).toMatchObject([{ queue: "other" }]);
      expect(await kit.enqueue({ requestId: "r-1" })).not.toBe(lease.jobId);
    },
    { finishedJobRetentionMs: hourMs },
  );

  behaves(
    "each job is forgotten at its own time",
    async (kit) => {
      const claim = { leaseMs: hourMs };
      const [first, second] = [await kit.running({}, claim), await kit.running({}, claim)];
      await kit.complete(first.lease);
      await kit.advance(hourMs / 2);
      await kit.complete(second.lease);
      await kit.advance(hourMs / 2);
      expect((await kit.list()).jobs.map(({ jobId }) => jobId)).toEqual([second.job.jobId]);
      await kit.advance(hourMs / 2);
      expect(await kit.list()).toMatchObject({ total: 0 });
    },
    { finishedJobRetentionMs: hourMs },
  );

  behaves(
    "of too many finished jobs the one that ended first is forgotten",
    async (kit) => {
      const claims = [await kit.running(), await kit.running(), await kit.running()];
      for (const claim of claims.toReversed()) await kit.complete(claim.lease);
      const kept = (await kit.list()).jobs.map(({ jobId }) => jobId);
      expect(kept).toEqual([claims[0]?.job.jobId, claims[1]?.job.jobId]);
    },
    { maxFinishedJobs: 2 },
  );

  behaves(
    "a job that is retried is not forgotten, and its time begins anew when it ends again",
    async (kit) => {
      const { lease } = await kit.running();
      await kit.fail(lease);
      await kit.advance(hourMs / 2);
      await kit.store.retry(lease.jobId);
      await kit.advance(hourMs);
      const again = await kit.claim();
      await kit.complete(again.lease);
      await kit.advance(hourMs - 1);
      expect(await kit.state(lease.jobId)).toBe(JobState.COMPLETED);
      await kit.advance(1);
      await expectRefusal(kit.store.get(lease.jobId), "job_not_found");
    },
    { finishedJobRetentionMs: hourMs },
  );

  behaves(
    "events are forgotten some time after the end of their attempt, and the job is not",
    async (kit) => {
      const { lease } = await kit.running();
      await kit.append(lease, [output(1, "x"), output(2, "y")]);
      await kit.store.release(lease, "");
      const second = await kit.claim({ leaseMs: 10 * hourMs });
      await kit.append(second.lease, [output(1, "z")]);
      await kit.advance(hourMs - 1);
      expect(sequencesOf(await kit.readAll(lease.jobId, 1))).toEqual([1, 2]);
      await kit.advance(1);
      expect(await kit.readPage(lease.jobId, 1)).toMatchObject({
        entries: [],
        hasMore: false,
        isClosed: true,
      });
      expect(sequencesOf(await kit.readAll(lease.jobId, 2))).toEqual([1]);
      expect((await kit.store.get(lease.jobId)).attempts).toMatchObject([
        { lastSequence: 2 },
        { lastSequence: 1 },
      ]);
      expect(await kit.append(second.lease, [output(2, "z")])).toMatchObject({ lastSequence: 2 });
    },
    { eventRetentionMs: hourMs },
  );

  behaves(
    "a reader that has a part is told that the rest was forgotten, and not that the log ends there",
    async (kit) => {
      const { lease } = await kit.running();
      await kit.append(lease, [output(1, "x"), output(2, "y")]);
      await kit.complete(lease);
      await kit.advance(hourMs);
      await expectRefusal(kit.readPage(lease.jobId, 1, 2), "job_not_found");
      expect(await kit.readPage(lease.jobId, 1, 3)).toMatchObject({ entries: [], isClosed: true });
      expect(await kit.readPage(lease.jobId, 1)).toMatchObject({ entries: [], isClosed: true });
    },
    { eventRetentionMs: hourMs },
  );

  behaves(
    "a reader of a job that is forgotten is told",
    async (kit) => {
      const { lease } = await kit.running();
      await kit.advance(leaseMs - 1);
      await kit.complete(lease);
      let calls = 0;
      using _watch = kit.store.watch(lease.jobId, () => (calls += 1));
      await kit.advance(hourMs);
      expect(calls).toBeGreaterThan(0);
    },
    { finishedJobRetentionMs: hourMs },
  );
}
