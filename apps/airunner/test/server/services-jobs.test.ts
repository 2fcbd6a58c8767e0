// SPDX-License-Identifier: Apache-2.0
// Jobs as people and programs see them: generated clients, real sockets.
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "vitest";
import { ErrorInfoSchema, JobState, ResultReason } from "../../src/gen/job/v1/job_pb.ts";
import { type Clients, createIssuer, startTestServer } from "./support/running-server.ts";

const params = { command: "make", args: ["all"], environment: { TOKEN: "s3cret", MODE: "" } };

/** Protocol code and stable code of a refusal. */
async function refusal(call: () => Promise<unknown>): Promise<readonly [string, string | undefined, string]> {
  try {
    await call();
  } catch (error) {
    const refused = ConnectError.from(error);
    const info = refused.findDetails(ErrorInfoSchema)[0];
    return [Code[refused.code] ?? "", info?.code, info?.field ?? ""];
  }
  throw new TypeError("The call was accepted.");
}

async function takeJob(clients: Clients, queue = "default") {
  for await (const response of clients.jobs.dequeueJob({ queue, worker: "w" })) return response;
  throw new TypeError("There was no job.");
}

test("a job goes from submission to its result, and tells all about itself", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  const enqueued = await clients.jobs.enqueueJob({ queue: "default", jobParams: params, priority: 3 });
  expect(enqueued.state).toBe(JobState.SCHEDULED);
  const { job, taskToken } = await takeJob(clients);
  expect(job).toMatchObject({
    jobId: enqueued.jobId,
    state: JobState.RUNNING,
    queue: "default",
    attempt: 1,
    priority: 3,
    jobParams: params,
    executionConfig: {
      batching: {
        flushIntervalSeconds: 2,
        maxBatchSize: 50,
        maxBatchBytes: 262_144n,
        playbackIntervalMillis: 50,
      },
      heartbeatIntervalSeconds: 30,
      outputFlushIntervalMillis: 100,
    },
  });
  const done = await clients.jobs.completeJob({
    taskToken,
    jobResult: { jobId: enqueued.jobId, success: false, exitCode: 3, signal: "" },
  });
  expect(done.state).toBe(JobState.FAILED);
  const { job: ended, attempts } = await clients.jobs.getJob({ jobId: enqueued.jobId.toUpperCase() });
  expect(ended).toMatchObject({
    state: JobState.FAILED,
    result: { jobId: enqueued.jobId, success: false, exitCode: 3, reason: ResultReason.EXITED },
  });
  expect(attempts).toMatchObject([{ number: 1, worker: "w", result: { exitCode: 3 } }]);
  expect((await clients.jobs.retryJob({ jobId: enqueued.jobId })).state).toBe(JobState.SCHEDULED);
  expect((await clients.jobs.cancelJob({ jobId: enqueued.jobId, reason: "no" })).state).toBe(
    JobState.CANCELLED,
  );
});

test("a repeated request id answers with the first job, and with other content is refused", async ({
  expect,
}) => {
  await using running = await startTestServer();
  const { jobs } = running.clients();
  const request = { queue: "default", requestId: "r1", jobParams: params };
  const first = await jobs.enqueueJob(request);
  expect(await jobs.enqueueJob(request)).toEqual(first);
  expect(await refusal(() => jobs.enqueueJob({ ...request, queue: "other" }))).toEqual([
    "AlreadyExists",
    "job_exists",
    "request_id",
  ]);
  expect(await running.telemetry.prometheusText()).toMatch(
    /airunner_jobs_enqueued_total\S*\{[^}]*queue="default"[^}]*\} 1\n/,
  );
});

test("lists in pages as the Go program counted them, and never without end", async ({ expect }) => {
  await using running = await startTestServer();
  const { jobs } = running.clients();
  expect(await jobs.listJobs({ pageSize: 1 })).toMatchObject({ jobs: [], lastPage: 1, total: 0n });
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1)
    ids.push((await jobs.enqueueJob({ queue: `q${n % 2}`, jobParams: params })).jobId);
  const second = await jobs.listJobs({ page: 2, pageSize: 2 });
  expect(second).toMatchObject({ lastPage: 3, total: 5n });
  expect(second.jobs.map(({ jobId }) => jobId)).toEqual(ids.slice(2, 4));
  expect((await jobs.listJobs({ page: -1, pageSize: -1 })).jobs).toHaveLength(5);
  expect((await jobs.listJobs({ pageSize: 2 ** 31 - 1 })).jobs).toHaveLength(5);
  expect((await jobs.listJobs({ queue: "q1", newestFirst: true })).jobs.map(({ jobId }) => jobId)).toEqual([
    ids[3],
    ids[1],
  ]);
});

test("a page that would be too large for everybody else's good is refused, and a smaller one is not", async ({
  expect,
}) => {
  await using running = await startTestServer();
  const { jobs } = running.clients();
  const large = { command: "make", environment: { LARGE: "x".repeat(100_000) } };
  for (let n = 0; n < 170; n += 1) await jobs.enqueueJob({ queue: "default", jobParams: large });
  expect(await refusal(() => jobs.listJobs({ pageSize: 200 }))).toEqual([
    "InvalidArgument",
    "invalid_request",
    "page_size",
  ]);
  expect((await jobs.listJobs({ pageSize: 100 })).jobs).toHaveLength(100);
});

test("counts queues", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  await clients.jobs.enqueueJob({ queue: "a", jobParams: params });
  await clients.jobs.enqueueJob({ queue: "a", jobParams: params });
  await clients.jobs.enqueueJob({ queue: "b", jobParams: params, delay: { seconds: 60n } });
  await takeJob(clients, "a");
  const { queues } = await clients.jobs.queueStats({});
  expect(queues).toMatchObject([
    { queue: "a", scheduled: 1n, running: 1n, delayed: 0n },
    { queue: "b", scheduled: 0n, delayed: 1n },
  ]);
  expect((await clients.jobs.queueStats({ queue: "none" })).queues).toMatchObject([
    { queue: "none", scheduled: 0n },
  ]);
  const text = await running.telemetry.prometheusText();
  expect(text).toMatch(/airunner_queue_depth\S*\{[^}]*queue="a",state="running"[^}]*\} 1\n/);
  expect(text).toMatch(/airunner_queue_oldest_age\S*\{[^}]*queue="b"[^}]*\} 0\n/);
});

test("refuses with the protocol's code and the stable one, naming the field", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  const { jobs } = clients;
  const unknown = "01890000-0000-7000-8000-000000000000";
  const refusals = {
    "no queue": () => jobs.enqueueJob({ jobParams: params }),
    "no parameters": () => jobs.enqueueJob({ queue: "q" }),
    "nothing to run": () => jobs.enqueueJob({ queue: "q", jobParams: {} }),
    "a bar in the queue": () => jobs.enqueueJob({ queue: "a|b", jobParams: params }),
    "an id that is none": () => jobs.getJob({ jobId: "1" }),
    "an unknown job": () => jobs.getJob({ jobId: unknown }),
    "cancelling an unknown job": () => jobs.cancelJob({ jobId: unknown }),
    "a forged token": () => jobs.completeJob({ taskToken: "djF8", jobResult: {} }),
    "no token": () => jobs.updateJob({ queue: "q" }),
  };
  const seen: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(refusals)) seen[name] = await refusal(call);
  expect(seen).toEqual({
    "no queue": ["InvalidArgument", "invalid_request", "queue"],
    "no parameters": ["InvalidArgument", "invalid_request", "job_params"],
    "nothing to run": ["InvalidArgument", "invalid_request", expect.any(String)],
    "a bar in the queue": ["InvalidArgument", "invalid_request", "queue"],
    "an id that is none": ["InvalidArgument", "invalid_request", "job_id"],
    "an unknown job": ["NotFound", "job_not_found", "job_id"],
    "cancelling an unknown job": ["NotFound", "job_not_found", "job_id"],
    "a forged token": ["InvalidArgument", "invalid_task_token", "task_token"],
    "no token": ["InvalidArgument", "invalid_task_token", "task_token"],
  });
  const { jobId } = await jobs.enqueueJob({ queue: "q", jobParams: params });
  const { taskToken } = await takeJob(clients, "q");
  expect(await refusal(() => jobs.updateJob({ taskToken, queue: "other" }))).toEqual([
    "InvalidArgument",
    "queue_mismatch",
    "queue",
  ]);
  expect(await refusal(() => jobs.completeJob({ taskToken }))).toEqual([
    "InvalidArgument",
    "invalid_request",
    "job_result",
  ]);
  expect(await refusal(() => jobs.completeJob({ taskToken, jobResult: { jobId: unknown } }))).toEqual([
    "InvalidArgument",
    "invalid_request",
    "job_result.job_id",
  ]);
  await jobs.completeJob({ taskToken, jobResult: { success: true } });
  expect(await refusal(() => jobs.updateJob({ taskToken, queue: "q" }))).toEqual([
    "FailedPrecondition",
    "lease_lost",
    "",
  ]);
  expect(await refusal(() => jobs.cancelJob({ jobId }))).toEqual(["FailedPrecondition", "wrong_state", ""]);
  expect(await running.telemetry.prometheusText()).toMatch(
    /airunner_leases_lost_total\S*\{[^}]*method="UpdateJob"[^}]*\} 1\n/,
  );
});

test("only who submitted a job, or may read secrets, sees its environment; only that person or an admin ends it", async ({
  expect,
}) => {
  const issuer = createIssuer();
  await using running = await startTestServer({ env: { JWT_PUBLIC_KEY: issuer.publicKey } });
  const as = async (sub: string, scopes: string[]) => running.clients(await issuer.token({ sub, scopes }));
  const ann = await as("ann", ["submit", "read"]);
  const bob = await as("bob", ["submit", "read"]);
  const auditor = await as("eve", ["read", "read-secrets"]);
  const admin = await as("root", ["admin"]);
  const { jobId } = await ann.jobs.enqueueJob({ queue: "default", jobParams: params });
  const seenBy = async ({ jobs }: Clients) => {
    const [{ job }, list] = await Promise.all([jobs.getJob({ jobId }), jobs.listJobs({})]);
    expect(list.jobs[0]?.jobParams).toEqual(job?.jobParams);
    expect(list.jobs[0]?.environmentRedacted).toBe(job?.environmentRedacted);
    return [job?.jobParams?.environment, job?.environmentRedacted, job?.submitter];
  };
  expect(await seenBy(ann)).toEqual([params.environment, false, "ann"]);
  expect(await seenBy(auditor)).toEqual([params.environment, false, "ann"]);
  expect(await seenBy(admin)).toEqual([params.environment, false, "ann"]);
  expect(await seenBy(bob)).toEqual([{ TOKEN: "[hidden]", MODE: "[hidden]" }, true, "ann"]);
  // A worker needs the values, and hiding them from others must not change the job.
  const worker = await as("worker", ["work"]);
  const taken = await takeJob(worker);
  expect(taken.job?.jobParams?.environment).toEqual(params.environment);

  for (const call of [
    () => bob.jobs.cancelJob({ jobId }),
    () => bob.jobs.retryJob({ jobId }),
    () => auditor.jobs.cancelJob({ jobId }),
  ]) {
    expect((await refusal(call))[0]).toBe("PermissionDenied");
  }
  expect((await ann.jobs.cancelJob({ jobId, reason: "mine" })).state).toBe(JobState.RUNNING);
  expect((await admin.jobs.getJob({ jobId })).job).toMatchObject({
    cancelRequested: true,
    cancelReason: "mine",
  });
  expect((await admin.jobs.cancelJob({ jobId })).state).toBe(JobState.RUNNING);
  await worker.jobs.completeJob({ taskToken: taken.taskToken, jobResult: { success: false } });
  expect((await admin.jobs.getJob({ jobId })).job).toMatchObject({
    state: JobState.CANCELLED,
    cancelRequested: false,
    cancelReason: "mine",
  });
});

test("without a name in the token nobody's job is one's own", async ({ expect }) => {
  const issuer = createIssuer();
  await using running = await startTestServer({ env: { JWT_PUBLIC_KEY: issuer.publicKey } });
  const nameless = running.clients(await issuer.token({ scopes: "submit read" }));
  const { jobId } = await nameless.jobs.enqueueJob({ queue: "q", jobParams: params });
  expect((await nameless.jobs.getJob({ jobId })).job?.environmentRedacted).toBe(true);
  expect((await refusal(() => nameless.jobs.cancelJob({ jobId })))[0]).toBe("PermissionDenied");
});

test("what a caller must not see stays in the log", async ({ expect }) => {
  await using running = await startTestServer({
    wrap: (store) =>
      new Proxy(store, {
        get(target, name) {
          if (name === "stats") return () => Promise.reject(new Error("connection to db-7.internal refused"));
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  const error = await running
    .clients()
    .jobs.queueStats({})
    .catch((error: unknown) => ConnectError.from(error));
  expect(error).toMatchObject({ code: Code.Internal, rawMessage: "the server failed; its log says why" });
  expect(running.logs.text).toContain("db-7.internal");
  expect(running.logs.records).toContainEqual(
    expect.objectContaining({ msg: "call ended", rpc: "/job.v1.JobService/QueueStats", code: "internal" }),
  );
});
