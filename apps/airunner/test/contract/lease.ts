// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { AttemptState, JobState, ResultReason } from "../../src/gen/job/v1/job_pb.ts";
import type { Lease } from "../../src/job/job.ts";
import { type Behaves, expectRefusal } from "./behaves.ts";
import { createKit, type Kit, leaseMs, output, textOf } from "./kit.ts";
import type { StoreFactory } from "./store-under-test.ts";

/** Everything that a worker may ask with a lease is refused, and changes nothing. */
async function expectStale(kit: Kit, lease: Lease): Promise<void> {
  const before = await kit.store.get(lease.jobId);
  await expectRefusal(kit.store.extend(lease, leaseMs), "lease_lost");
  await expectRefusal(kit.store.release(lease, ""), "lease_lost");
  await expectRefusal(kit.complete(lease), "lease_lost");
  await expectRefusal(kit.append(lease, [output(1, "late")]), "lease_lost");
  expect(await kit.store.get(lease.jobId)).toEqual(before);
}

/** A job whose first attempt has lapsed and whose second one runs. */
async function takenOver(kit: Kit): Promise<{ stale: Lease; lease: Lease }> {
  const { lease: stale } = await kit.running();
  await kit.advance(leaseMs);
  return { stale, lease: (await kit.claim()).lease };
}

export function leaseBehaviour(behaves: Behaves, factory: StoreFactory): void {
  behaves(
    "a lease lapses at its end and not before, and the job is handed out again at once",
    async (kit) => {
      const { lease } = await kit.running();
      const waiting = kit.startClaim();
      await kit.advance(leaseMs - 1);
      expect((await kit.store.extend(lease, leaseMs)).expiresAtMs).toBe(kit.clock.now() + leaseMs);
      await kit.advance(leaseMs - 1);
      expect(await kit.state(lease.jobId)).toBe(JobState.RUNNING);
      await kit.advance(1);
      expect(await waiting.claims).toMatchObject([
        { job: { jobId: lease.jobId, attempt: 2, countedAttempts: 2 } },
      ]);
      const { attempts } = await kit.store.get(lease.jobId);
      expect(attempts).toMatchObject([
        {
          number: 1,
          state: AttemptState.LOST,
          endedAtMs: kit.clock.now(),
          leaseExpiresAtMs: undefined,
          result: { isSuccess: false, reason: ResultReason.LEASE_LOST },
        },
        { number: 2, state: AttemptState.RUNNING, leaseExpiresAtMs: kit.clock.now() + leaseMs },
      ]);
    },
  );

  behaves("never again (row 2): a six-minute job failed by a limit of time", async (kit) => {
    const { lease } = await kit.running();
    for (let minute = 0; minute < 6; minute += 1) {
      await kit.advance(60_000);
      await kit.store.extend(lease, leaseMs);
    }
    expect(await kit.complete(lease)).toBe(JobState.COMPLETED);
    expect((await kit.store.get(lease.jobId)).attempts).toHaveLength(1);
  });

  behaves("a job may run for days while its lease is extended", async (kit) => {
    const { lease } = await kit.running();
    for (let half = 0; half < 6; half += 1) {
      await kit.store.extend(lease, 43_200_000);
      await kit.advance(43_199_000);
    }
    expect(await kit.complete(lease)).toBe(JobState.COMPLETED);
  });

  behaves(
    "extending changes the end of the lease, also to an earlier one, and nothing of the job",
    async (kit) => {
      const { lease, job } = await kit.running();
      await kit.advance(1_000);
      expect(await kit.store.extend(lease, 2_000)).toEqual({
        expiresAtMs: kit.clock.now() + 2_000,
        cancel: undefined,
      });
      expect((await kit.store.get(job.jobId)).job).toEqual(job);
      await kit.advance(2_000);
      expect(await kit.state(job.jobId)).toBe(JobState.SCHEDULED);
    },
  );

  behaves("a late timer does not save a lease that is over", async (kit) => {
    const { lease } = await kit.running();
    kit.clock.jump(leaseMs);
    await expectRefusal(kit.complete(lease), "lease_lost");
    expect((await kit.claim()).job).toMatchObject({ jobId: lease.jobId, attempt: 2 });
  });

  behaves(
    "row 6: once a lease has lapsed its worker can neither publish, extend, release nor complete",
    async (kit) => {
      const { lease } = await kit.running();
      await kit.advance(leaseMs);
      await expectStale(kit, lease);
      expect(await kit.state(lease.jobId)).toBe(JobState.SCHEDULED);
    },
  );

  behaves("row 6: nor while another worker has the job", async (kit) => {
    const { stale, lease } = await takenOver(kit);
    await kit.append(lease, [output(1, "second")]);
    await expectStale(kit, stale);
    expect(textOf(await kit.readAll(lease.jobId, 2))).toBe("second");
  });

  behaves("never again (row 6): a stale worker overwriting a finished job", async (kit) => {
    const { stale, lease } = await takenOver(kit);
    await kit.complete(lease);
    await expectRefusal(kit.fail(stale), "lease_lost");
    await expectStale(kit, stale);
    expect((await kit.store.get(lease.jobId)).job).toMatchObject({
      state: JobState.COMPLETED,
      result: { isSuccess: true },
    });
  });

  behaves("row 8: a heartbeat cannot bring a finished job back", async (kit) => {
    const { lease } = await kit.running();
    await kit.complete(lease);
    await expectRefusal(kit.store.extend(lease, leaseMs), "lease_lost");
    await kit.advance(leaseMs);
    expect(await kit.state(lease.jobId)).toBe(JobState.COMPLETED);
    expect(await kit.claimNow()).toEqual([]);
  });

  behaves("a lease with another handle, attempt or job is none", async (kit) => {
    const { lease } = await kit.running();
    await expectRefusal(kit.complete({ ...lease, handle: `${lease.handle}x` }), "lease_lost");
    await expectRefusal(kit.complete({ ...lease, attempt: 2 }), "lease_lost");
    const jobId = "01890a5d-ac96-774b-bcce-b302099a8057";
    await expectRefusal(kit.complete({ ...lease, jobId }), "job_not_found");
    expect(await kit.complete(lease)).toBe(JobState.COMPLETED);
    await expectRefusal(kit.complete({ ...lease, handle: `${lease.handle}x` }), "lease_lost");
  });

  behaves("row 16: every job of a claim that could not be delivered is given back", async (kit) => {
    const ids = [await kit.enqueue(), await kit.enqueue(), await kit.enqueue()];
    const claims = await kit.claimAll({ maxJobs: 3 });
    for (const { lease } of claims) {
      expect(await kit.store.release(lease, "The connection broke.")).toBe(JobState.SCHEDULED);
    }
    const again = await kit.claimAll({ maxJobs: 3 });
    expect(again.map(({ job }) => job.jobId).toSorted()).toEqual(ids);
    expect(again.map(({ job }) => [job.attempt, job.countedAttempts])).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
  });

  behaves("never again (row 9): a job orphaned by a failed send", async (kit) => {
    await kit.running();
    // Nobody was told of the hand-out, and nobody says so.
    await kit.advance(leaseMs);
    expect((await kit.claim()).job).toMatchObject({ attempt: 2 });
  });

  behaves("a released attempt is kept with its reason, and does not count", async (kit) => {
    const { lease } = await kit.running({}, { worker: "box-1" });
    await kit.advance(1_000);
    await kit.store.release(lease, "box-1 is shut down");
    const { job, attempts } = await kit.store.get(lease.jobId);
    expect(job).toMatchObject({
      state: JobState.SCHEDULED,
      attempt: 1,
      countedAttempts: 0,
      result: undefined,
    });
    expect(attempts).toMatchObject([
      { state: AttemptState.RELEASED, endedAtMs: kit.clock.now(), result: { message: "box-1 is shut down" } },
    ]);
    await expectStale(kit, lease);
  });

  behaves("a job may be released any number of times", async (kit) => {
    await kit.enqueue({ retryPolicy: { maxAttempts: 1, initialBackoffMs: 0, maxBackoffMs: 0 } });
    for (let count = 0; count < 5; count += 1) await kit.store.release((await kit.claim()).lease, "");
    expect(await kit.claim()).toMatchObject({ job: { attempt: 6, countedAttempts: 1 } });
  });

  behaves("of very many attempts the latest hundred are kept, and numbers go on", async (kit) => {
    const jobId = await kit.enqueue();
    for (let count = 0; count < 105; count += 1) {
      const { lease } = await kit.claim();
      if (count === 0) await kit.append(lease, [output(1, "first")]);
      await kit.store.release(lease, "");
    }
    const { attempts, job } = await kit.store.get(jobId);
    expect(job.attempt).toBe(105);
    expect(attempts.map(({ number }) => number)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 6),
    );
    expect(await kit.readPage(jobId, 1)).toMatchObject({ attempt: 1, isClosed: true, latestAttempt: 105 });
  });

  test.runIf(factory.isOrdered)("a released job is the next to be handed out", async () => {
    await using kit = await createKit(factory);
    const ids = [await kit.enqueue(), await kit.enqueue(), await kit.enqueue()];
    const { lease } = await kit.claim();
    await kit.store.release(lease, "");
    const claims = await kit.claimAll({ maxJobs: 3 });
    expect(claims.map(({ job }) => job.jobId)).toEqual(ids);
  });

  test.runIf(factory.isOrdered)("jobs that come back keep their order, in whichever they come", async () => {
    await using kit = await createKit(factory);
    const ids: string[] = [];
    for (let count = 0; count < 8; count += 1) ids.push(await kit.enqueue());
    const [a, b, c, d, e] = await kit.claimAll({ maxJobs: 5 });
    for (const claim of [c, a, e, b]) {
      if (claim !== undefined) await kit.store.release(claim.lease, "");
    }
    expect(d?.job.jobId).toBe(ids[3]);
    await kit.advance(leaseMs);
    const claims = await kit.claimAll({ maxJobs: 8 });
    expect(claims.map(({ job }) => job.jobId)).toEqual(ids);
  });
}
