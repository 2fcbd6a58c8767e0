// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { AttemptState, JobState, ResultReason } from "../../src/gen/job/v1/job_pb.ts";
import { type Behaves, expectRefusal } from "./behaves.ts";
import { createKit, leaseMs, output, processEnd, processStart } from "./kit.ts";
import type { StoreFactory } from "./store-under-test.ts";

const thrice = { maxAttempts: 3, initialBackoffMs: 10_000, maxBackoffMs: 15_000 };

export function outcomeBehaviour(behaves: Behaves, factory: StoreFactory): void {
  behaves("a job that succeeds is completed, with its result in job and attempt", async (kit) => {
    const { lease } = await kit.running();
    await kit.advance(5_000);
    expect(await kit.complete(lease, { startedAtMs: kit.clock.now() - 4_000 })).toBe(JobState.COMPLETED);
    const result = {
      isSuccess: true,
      exitCode: 0,
      signal: "",
      reason: ResultReason.EXITED,
      message: "",
      startedAtMs: kit.clock.now() - 4_000,
      completedAtMs: kit.clock.now(),
    };
    const { job, attempts } = await kit.store.get(lease.jobId);
    expect(job).toMatchObject({
      state: JobState.COMPLETED,
      result,
      updatedAtMs: kit.clock.now(),
      isDead: false,
    });
    expect(attempts).toMatchObject([
      { state: AttemptState.SUCCEEDED, result, endedAtMs: kit.clock.now(), leaseExpiresAtMs: undefined },
    ]);
  });

  behaves(
    "rows 1 and 18: a job that fails is failed, with exit code, signal and reason as they were",
    async (kit) => {
      const { lease } = await kit.running();
      const failure = {
        exitCode: 137,
        signal: "SIGKILL",
        reason: ResultReason.TIMED_OUT,
        message: "Too slow.",
      };
      expect(await kit.fail(lease, failure)).toBe(JobState.FAILED);
      const { job, attempts } = await kit.store.get(lease.jobId);
      expect(job).toMatchObject({
        state: JobState.FAILED,
        isDead: false,
        result: { isSuccess: false, ...failure },
      });
      expect(attempts).toMatchObject([{ state: AttemptState.FAILED, result: failure }]);
    },
  );

  behaves("never again (row 1): exit 3 recorded as COMPLETED", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, [processStart(1), processEnd(2, 3)]);
    // Of what a grandchild printed later.
    await kit.append(lease, [output(3, "bye")]);
    expect(await kit.complete(lease)).toBe(JobState.FAILED);
    expect((await kit.store.get(lease.jobId)).job).toMatchObject({
      state: JobState.FAILED,
      result: {
        isSuccess: false,
        exitCode: 3,
        reason: ResultReason.EXITED,
        message: expect.stringContaining("code 3"),
      },
    });
  });

  behaves("row 1: a signal in the log beats a reported success", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, [processStart(1)]);
    await kit.append(lease, [processEnd(2, 137, "SIGKILL")]);
    expect(await kit.complete(lease)).toBe(JobState.FAILED);
    expect((await kit.store.get(lease.jobId)).job.result).toMatchObject({
      exitCode: 137,
      signal: "SIGKILL",
      reason: ResultReason.SIGNALED,
    });
  });

  behaves("row 1: what an earlier attempt's log says does not matter to a later one", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, [processEnd(1, 3)]);
    await kit.store.release(lease, "");
    expect(await kit.complete((await kit.claim()).lease)).toBe(JobState.COMPLETED);
  });

  behaves(
    "row 14: completing again with the same lease changes nothing and is answered the same",
    async (kit) => {
      const { lease } = await kit.running();
      expect(await kit.complete(lease)).toBe(JobState.COMPLETED);
      const before = await kit.store.get(lease.jobId);
      await kit.advance(1_000);
      expect(await kit.complete(lease)).toBe(JobState.COMPLETED);
      expect(await kit.fail(lease)).toBe(JobState.COMPLETED);
      expect(await kit.store.get(lease.jobId)).toEqual(before);
      expect(await kit.store.stats("default")).toMatchObject([{ completed: 1, failed: 0 }]);
    },
  );

  behaves(
    "row 14: a failure that is followed by another attempt is answered the same while that runs",
    async (kit) => {
      const { lease } = await kit.running({
        retryPolicy: { ...thrice, initialBackoffMs: 0, maxBackoffMs: 0 },
      });
      expect(await kit.fail(lease)).toBe(JobState.SCHEDULED);
      const second = await kit.claim();
      expect(await kit.fail(lease)).toBe(JobState.SCHEDULED);
      expect((await kit.store.get(lease.jobId)).job).toEqual(second.job);
    },
  );

  behaves("without a retry policy a failure is final", async (kit) => {
    const { lease } = await kit.running();
    expect(await kit.fail(lease)).toBe(JobState.FAILED);
    await kit.advance(leaseMs);
    expect(await kit.claimNow()).toEqual([]);
  });

  behaves("without a retry policy a job whose workers disappear is dead after three of them", async (kit) => {
    const jobId = await kit.enqueue();
    for (const attempt of [1, 2, 3]) {
      expect((await kit.claim()).job.attempt).toBe(attempt);
      await kit.advance(leaseMs);
    }
    const { job, attempts } = await kit.store.get(jobId);
    expect(job).toMatchObject({
      state: JobState.FAILED,
      isDead: true,
      result: { reason: ResultReason.LEASE_LOST },
    });
    expect(attempts.map(({ state }) => state)).toEqual([
      AttemptState.LOST,
      AttemptState.LOST,
      AttemptState.LOST,
    ]);
    expect(await kit.claimNow()).toEqual([]);
  });

  behaves(
    "a retry policy repeats failed and lost attempts after a growing wait, then the job is dead",
    async (kit) => {
      const { lease } = await kit.running({ retryPolicy: thrice });
      expect(await kit.fail(lease)).toBe(JobState.SCHEDULED);
      expect((await kit.store.get(lease.jobId)).job).toMatchObject({
        state: JobState.SCHEDULED,
        notBeforeMs: kit.clock.now() + 10_000,
        result: undefined,
        countedAttempts: 1,
      });
      await kit.advance(9_999);
      expect(await kit.claimNow()).toEqual([]);
      await kit.advance(1);
      await kit.claim();
      await kit.advance(leaseMs);
      expect((await kit.store.get(lease.jobId)).job.notBeforeMs).toBe(kit.clock.now() + 15_000);
      await kit.advance(15_000);
      expect(await kit.fail((await kit.claim()).lease, { exitCode: 9 })).toBe(JobState.FAILED);
      expect((await kit.store.get(lease.jobId)).job).toMatchObject({
        isDead: true,
        attempt: 3,
        countedAttempts: 3,
        result: { exitCode: 9 },
      });
      expect(await kit.list({ deadOnly: true })).toMatchObject({ total: 1, jobs: [{ jobId: lease.jobId }] });
    },
  );

  behaves(
    "the wait before a retry is drawn from nothing up to the whole of it",
    async (kit) => {
      const { lease } = await kit.running({ retryPolicy: thrice });
      await kit.fail(lease);
      expect((await kit.store.get(lease.jobId)).job.notBeforeMs).toBe(kit.clock.now() + 2_500);
    },
    { random: () => 0.25 },
  );

  behaves("a success ends the job whatever the policy would allow", async (kit) => {
    const { lease } = await kit.running({ retryPolicy: thrice });
    expect(await kit.complete(lease)).toBe(JobState.COMPLETED);
  });

  behaves(
    "a failed job that is retried by hand has all its attempts to come, and goes on counting",
    async (kit) => {
      const jobId = await kit.enqueue({
        retryPolicy: { maxAttempts: 1, initialBackoffMs: 0, maxBackoffMs: 0 },
      });
      const { lease } = await kit.claim();
      await kit.fail(lease);
      expect((await kit.store.get(jobId)).job).toMatchObject({ state: JobState.FAILED, isDead: true });
      await kit.advance(1_000);
      expect(await kit.store.retry(jobId)).toBe(JobState.SCHEDULED);
      expect((await kit.store.get(jobId)).job).toMatchObject({
        state: JobState.SCHEDULED,
        updatedAtMs: kit.clock.now(),
        countedAttempts: 0,
        attempt: 1,
        isDead: false,
        result: undefined,
        cancel: undefined,
      });
      const again = await kit.claim();
      expect(again.job).toMatchObject({ jobId, attempt: 2, countedAttempts: 1 });
      await expectRefusal(kit.store.extend(lease, leaseMs), "lease_lost");
      expect(await kit.complete(again.lease)).toBe(JobState.COMPLETED);
    },
  );

  behaves("a job that has neither failed nor been cancelled cannot be retried", async (kit) => {
    const jobId = await kit.enqueue();
    await expectRefusal(kit.store.retry(jobId), "wrong_state");
    const { lease } = await kit.claim();
    await expectRefusal(kit.store.retry(jobId), "wrong_state");
    await kit.complete(lease);
    await expectRefusal(kit.store.retry(jobId), "wrong_state");
    expect(await kit.state(jobId)).toBe(JobState.COMPLETED);
  });

  test.runIf(factory.isOrdered)("a job retried by hand goes to the end of its queue", async () => {
    await using kit = await createKit(factory);
    const { lease } = await kit.running();
    await kit.fail(lease);
    const waiting = await kit.enqueue();
    await kit.store.retry(lease.jobId);
    const claims = await kit.claimAll({ maxJobs: 2 });
    expect(claims.map(({ job }) => job.jobId)).toEqual([waiting, lease.jobId]);
  });
}
