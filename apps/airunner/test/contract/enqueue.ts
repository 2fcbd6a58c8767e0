// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { JobParamsSchema, JobState } from "../../src/gen/job/v1/job_pb.ts";
import { type Behaves, expectRefusal } from "./behaves.ts";
import { newJob } from "./kit.ts";

const jobIdForm = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function enqueueBehaviour(behaves: Behaves): void {
  behaves("a new job is scheduled, with a UUIDv7 and the time of now", async ({ store, clock }) => {
    const enqueued = await store.enqueue(newJob());
    expect(enqueued).toEqual({
      jobId: expect.stringMatching(jobIdForm),
      createdAtMs: clock.now(),
      state: JobState.SCHEDULED,
      isNew: true,
    });
    expect(Number.parseInt(enqueued.jobId.replace("-", "").slice(0, 12), 16)).toBe(clock.now());
  });

  behaves("a job is returned as it was submitted", async ({ store, clock }) => {
    const params = create(JobParamsSchema, {
      command: "make",
      args: ["a", ""],
      environment: { A: "1", B: "ü" },
      timeoutSeconds: 7,
      gitClone: { enabled: true, depth: 1 },
      repository: "https://example.com/a.git",
    });
    const retryPolicy = { maxAttempts: 3, initialBackoffMs: 500, maxBackoffMs: 5_000 };
    const request = newJob({
      requestId: "r-1",
      queue: "q.1",
      params,
      priority: -4,
      retryPolicy,
      submitter: "ada",
    });
    const { jobId } = await store.enqueue(request);
    const { job, attempts } = await store.get(jobId);
    const { delayMs: _delayMs, ...kept } = request;
    expect(job).toEqual({
      ...kept,
      jobId,
      state: JobState.SCHEDULED,
      createdAtMs: clock.now(),
      updatedAtMs: clock.now(),
      notBeforeMs: undefined,
      attempt: 0,
      countedAttempts: 0,
      cancel: undefined,
      result: undefined,
      isDead: false,
    });
    expect(attempts).toEqual([]);
  });

  behaves("ids sort by creation, also within a millisecond", async (kit) => {
    const ids: string[] = [];
    for (let count = 0; count < 50; count += 1) ids.push(await kit.enqueue());
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(50);
  });

  behaves("never again (row 10): a request replay that answers 1970", async (kit) => {
    const first = await kit.store.enqueue(newJob({ requestId: "r-1" }));
    await kit.advance(5_000);
    const second = await kit.store.enqueue(newJob({ requestId: "r-1" }));
    expect(second).toEqual({ ...first, isNew: false });
    expect((await kit.list()).total).toBe(1);
  });

  behaves("row 10: a repeated request is told where its job stands now", async (kit) => {
    const { lease } = await kit.running({ requestId: "r-1" });
    expect(await kit.store.enqueue(newJob({ requestId: "r-1" }))).toMatchObject({ state: JobState.RUNNING });
    await kit.complete(lease);
    expect(await kit.store.enqueue(newJob({ requestId: "r-1" }))).toMatchObject({
      jobId: lease.jobId,
      state: JobState.COMPLETED,
      isNew: false,
    });
  });

  behaves("row 10: of many requests at once with one id, one makes a job and all get it", async (kit) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => kit.store.enqueue(newJob({ requestId: "r-1" }))),
    );
    expect(new Set(answers.map(({ jobId }) => jobId)).size).toBe(1);
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect((await kit.list()).total).toBe(1);
  });

  behaves("row 10: a request id used with other content is refused", async (kit) => {
    const jobId = await kit.enqueue({ requestId: "r-1" });
    const others = [
      { queue: "other" },
      { priority: 1 },
      { delayMs: 1 },
      { retryPolicy: { maxAttempts: 2, initialBackoffMs: 1, maxBackoffMs: 1 } },
      { params: create(JobParamsSchema, { command: "make", args: ["all"] }) },
    ];
    for (const other of others) {
      await expectRefusal(kit.store.enqueue(newJob({ requestId: "r-1", ...other })), "job_exists");
    }
    expect(await kit.list()).toMatchObject({ total: 1, jobs: [{ jobId }] });
  });

  behaves("row 10: maps in another order are the same content", async (kit) => {
    const environment = { A: "1", B: "2" };
    const reversed = { B: "2", A: "1" };
    const first = await kit.store.enqueue(
      newJob({ requestId: "r-1", params: create(JobParamsSchema, { command: "x", environment }) }),
    );
    const second = await kit.store.enqueue(
      newJob({ requestId: "r-1", params: create(JobParamsSchema, { command: "x", environment: reversed }) }),
    );
    expect(second.jobId).toBe(first.jobId);
  });

  behaves("row 10: without a request id every call makes a job", async (kit) => {
    expect(await kit.enqueue()).not.toBe(await kit.enqueue());
    expect((await kit.list()).total).toBe(2);
  });

  behaves("row 9: a repeated request finds a job that workers can still get", async (kit) => {
    const jobId = await kit.enqueue({ requestId: "r-1" });
    expect(await kit.enqueue({ requestId: "r-1" })).toBe(jobId);
    expect((await kit.claim()).job.jobId).toBe(jobId);
    expect(await kit.claimNow()).toEqual([]);
  });

  behaves("a delayed job is handed out at its time and not before", async (kit) => {
    const jobId = await kit.enqueue({ delayMs: 60_000 });
    expect((await kit.store.get(jobId)).job).toMatchObject({
      state: JobState.SCHEDULED,
      notBeforeMs: kit.clock.now() + 60_000,
    });
    await kit.advance(59_999);
    expect(await kit.claimNow()).toEqual([]);
    const waiting = kit.startClaim();
    await kit.advance(1);
    expect(await waiting.claims).toMatchObject([{ job: { jobId, notBeforeMs: undefined } }]);
  });

  behaves("an unknown job is not found", async ({ store }) => {
    const jobId = "01890a5d-ac96-774b-bcce-b302099a8057";
    await expectRefusal(store.get(jobId), "job_not_found");
    await expectRefusal(store.cancel(jobId, ""), "job_not_found");
    await expectRefusal(store.retry(jobId), "job_not_found");
    await expectRefusal(store.read({ jobId, attempt: 0, fromSequence: 0, maxBytes: 1 }), "job_not_found");
  });
}
