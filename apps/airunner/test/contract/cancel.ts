// SPDX-License-Identifier: Apache-2.0
import { expect } from "vitest";
import { AttemptState, JobState, ResultReason } from "../../src/gen/job/v1/job_pb.ts";
import { type Behaves, expectRefusal } from "./behaves.ts";
import { leaseMs, output } from "./kit.ts";

export function cancelBehaviour(behaves: Behaves): void {
  behaves("a job that waits is cancelled at once and never handed out", async (kit) => {
    const jobId = await kit.enqueue();
    await kit.advance(1_000);
    expect(await kit.store.cancel(jobId, "not needed")).toBe(JobState.CANCELLED);
    expect((await kit.store.get(jobId)).job).toMatchObject({
      state: JobState.CANCELLED,
      updatedAtMs: kit.clock.now(),
      cancel: { reason: "not needed", atMs: kit.clock.now() },
      result: {
        isSuccess: false,
        reason: ResultReason.CANCELLED,
        message: expect.stringContaining("not needed"),
      },
    });
    expect(await kit.claimNow()).toEqual([]);
  });

  behaves("a job in the middle of its queue is cancelled, and its neighbours are handed out", async (kit) => {
    const ids = [await kit.enqueue(), await kit.enqueue(), await kit.enqueue()];
    await kit.store.cancel(ids[1] ?? "", "");
    const claims = await kit.claimAll({ maxJobs: 3 });
    expect(claims.map(({ job }) => job.jobId).toSorted()).toEqual([ids[0], ids[2]]);
  });

  behaves("a delayed job is cancelled, and its time changes nothing", async (kit) => {
    const jobId = await kit.enqueue({ delayMs: 1_000 });
    expect(await kit.store.cancel(jobId, "")).toBe(JobState.CANCELLED);
    await kit.advance(2_000);
    expect(await kit.claimNow()).toEqual([]);
    expect((await kit.store.get(jobId)).job).toMatchObject({
      state: JobState.CANCELLED,
      notBeforeMs: undefined,
    });
  });

  behaves("a job that runs carries the request to its worker and runs on", async (kit) => {
    const { lease, job } = await kit.running();
    await kit.advance(1_000);
    const cancel = { reason: "stop it", atMs: kit.clock.now() };
    expect(await kit.store.cancel(job.jobId, "stop it")).toBe(JobState.RUNNING);
    expect((await kit.store.get(job.jobId)).job).toEqual({ ...job, cancel });
    expect(await kit.store.extend(lease, leaseMs)).toMatchObject({ cancel });
    expect(await kit.append(lease, [output(1, "x")])).toEqual({ lastSequence: 1, cancel });
  });

  behaves("a job to be cancelled is cancelled when its worker reports a failure", async (kit) => {
    const retryPolicy = { maxAttempts: 5, initialBackoffMs: 0, maxBackoffMs: 0 };
    const { lease } = await kit.running({ retryPolicy });
    await kit.store.cancel(lease.jobId, "stop it");
    expect(await kit.fail(lease, { exitCode: 143, signal: "SIGTERM", reason: ResultReason.CANCELLED })).toBe(
      JobState.CANCELLED,
    );
    const { job, attempts } = await kit.store.get(lease.jobId);
    expect(job).toMatchObject({
      state: JobState.CANCELLED,
      cancel: { reason: "stop it" },
      result: { exitCode: 143, signal: "SIGTERM", reason: ResultReason.CANCELLED },
      isDead: false,
    });
    expect(attempts).toMatchObject([{ state: AttemptState.CANCELLED }]);
    expect(await kit.claimNow()).toEqual([]);
  });

  behaves("a job to be cancelled that succeeds all the same is completed", async (kit) => {
    const { lease } = await kit.running();
    await kit.store.cancel(lease.jobId, "too late");
    expect(await kit.complete(lease)).toBe(JobState.COMPLETED);
    expect((await kit.store.get(lease.jobId)).job).toMatchObject({
      cancel: undefined,
      result: { isSuccess: true },
    });
  });

  behaves(
    "a job to be cancelled is cancelled when its lease runs out, and not handed out again",
    async (kit) => {
      const { lease } = await kit.running();
      await kit.store.cancel(lease.jobId, "stop it");
      await kit.advance(leaseMs);
      const { job, attempts } = await kit.store.get(lease.jobId);
      expect(job).toMatchObject({ state: JobState.CANCELLED, result: { reason: ResultReason.CANCELLED } });
      expect(attempts).toMatchObject([
        { state: AttemptState.LOST, result: { reason: ResultReason.LEASE_LOST } },
      ]);
      expect(await kit.claimNow()).toEqual([]);
    },
  );

  behaves("a job to be cancelled is cancelled when its worker gives it back", async (kit) => {
    const { lease } = await kit.running();
    await kit.store.cancel(lease.jobId, "stop it");
    expect(await kit.store.release(lease, "shut down")).toBe(JobState.CANCELLED);
    expect(await kit.claimNow()).toEqual([]);
    expect((await kit.store.get(lease.jobId)).attempts).toMatchObject([{ state: AttemptState.RELEASED }]);
  });

  behaves("cancelling twice changes nothing", async (kit) => {
    const { job } = await kit.running();
    const waiting = await kit.enqueue();
    await kit.store.cancel(job.jobId, "first");
    await kit.store.cancel(waiting, "first");
    const before = [await kit.store.get(job.jobId), await kit.store.get(waiting)];
    await kit.advance(1_000);
    expect(await kit.store.cancel(job.jobId, "second")).toBe(JobState.RUNNING);
    expect(await kit.store.cancel(waiting, "second")).toBe(JobState.CANCELLED);
    expect([await kit.store.get(job.jobId), await kit.store.get(waiting)]).toEqual(before);
  });

  behaves("a job that has completed or failed cannot be cancelled", async (kit) => {
    const completed = await kit.running();
    await kit.complete(completed.lease);
    await expectRefusal(kit.store.cancel(completed.job.jobId, ""), "wrong_state");
    const failed = await kit.running();
    await kit.fail(failed.lease);
    await expectRefusal(kit.store.cancel(failed.job.jobId, ""), "wrong_state");
    expect(await kit.state(failed.job.jobId)).toBe(JobState.FAILED);
  });

  behaves("a cancelled job can be retried, and then nothing is left of the request", async (kit) => {
    const jobId = await kit.enqueue();
    await kit.store.cancel(jobId, "wrong one");
    expect(await kit.store.retry(jobId)).toBe(JobState.SCHEDULED);
    const { lease, job } = await kit.claim();
    expect(job).toMatchObject({ jobId, cancel: undefined, result: undefined });
    expect(await kit.fail(lease)).toBe(JobState.FAILED);
  });

  behaves("a job that waits for its next attempt is cancelled at once", async (kit) => {
    const retryPolicy = { maxAttempts: 5, initialBackoffMs: 60_000, maxBackoffMs: 60_000 };
    const { lease } = await kit.running({ retryPolicy });
    await kit.fail(lease);
    expect(await kit.store.cancel(lease.jobId, "enough")).toBe(JobState.CANCELLED);
    await kit.advance(60_000);
    expect(await kit.claimNow()).toEqual([]);
  });
}
