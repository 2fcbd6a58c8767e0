// SPDX-License-Identifier: Apache-2.0
// Jobs and events as workers and readers have them: generated clients, real sockets.
import { setImmediate } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import {
  ErrorInfoSchema,
  EventType,
  type JobEventSchema,
  JobState,
  type PublishJobEventsRequestSchema,
} from "../../src/gen/job/v1/job_pb.ts";
import type { JobStore } from "../../src/job/job-store.ts";
import { type Clients, startTestServer, type TestServer } from "./support/running-server.ts";

type Publish = MessageInitShape<typeof PublishJobEventsRequestSchema>;

const params = { command: "make" };

async function submit({ jobs }: Clients, queue = "default"): Promise<string> {
  return (await jobs.enqueueJob({ queue, jobParams: params })).jobId;
}

async function takeJob(
  { jobs }: Clients,
  request: { worker?: string; visibilityTimeoutSeconds?: number } = {},
) {
  for await (const { job, taskToken } of jobs.dequeueJob({ queue: "default", ...request })) {
    if (job !== undefined) return { jobId: job.jobId, attempt: job.attempt, taskToken };
  }
  throw new TypeError("There was no job.");
}

function output(sequence: number, text: string): MessageInitShape<typeof JobEventSchema> {
  return {
    sequence: BigInt(sequence),
    eventType: EventType.OUTPUT,
    eventData: { case: "output", value: { output: Buffer.from(text) } },
  };
}

async function leaseMsOf({ jobs }: Clients, jobId: string): Promise<number> {
  const { attempts } = await jobs.getJob({ jobId });
  const expires = attempts.at(-1)?.leaseExpiresAt;
  return expires === undefined ? Number.NaN : timestampMs(expires) - Date.now();
}

async function codeOf(work: () => Promise<unknown>): Promise<readonly [Code, string | undefined]> {
  try {
    await work();
  } catch (error) {
    const refused = ConnectError.from(error);
    return [refused.code, refused.findDetails(ErrorInfoSchema)[0]?.code];
  }
  throw new TypeError("The call was accepted.");
}

/** Waits until as many workers wait for jobs. */
function untilWaiting({ store }: TestServer, count: number): Promise<unknown> {
  return waitFor(
    async () => {
      const stats = await store.stats("default");
      return stats.reduce((sum, { waitingWorkers }) => sum + waitingWorkers, 0) === count ? true : undefined;
    },
    { what: `${count} waiting workers` },
  );
}

test("a worker that waits gets a job the moment it is there, and the stream ends after it", async ({
  expect,
}) => {
  await using running = await startTestServer();
  const clients = running.clients();
  const waiting = Array.fromAsync(clients.jobs.dequeueJob({ queue: "default" }, { timeoutMs: 60_000 }));
  await untilWaiting(running, 1);
  const jobId = await submit(clients);
  const responses = await waiting;
  expect(responses.map(({ job }) => job?.jobId)).toEqual([jobId]);
  expect(responses[0]?.job?.jobParams).toMatchObject(params);
});

test("gives as many as were asked for, oldest first", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  const ids = [await submit(clients), await submit(clients), await submit(clients)];
  const responses = await Array.fromAsync(clients.jobs.dequeueJob({ queue: "default", maxJobs: 2 }));
  expect(responses.map(({ job }) => job?.jobId)).toEqual(ids.slice(0, 2));
  expect(await Array.fromAsync(clients.jobs.dequeueJob({ queue: "default", maxJobs: -1 }))).toHaveLength(1);
});

test("says deadline_exceeded, and nothing else, when there was no job in time", async ({ expect }) => {
  await using running = await startTestServer();
  const { jobs } = running.clients();
  expect(
    await codeOf(() => Array.fromAsync(jobs.dequeueJob({ queue: "default" }, { timeoutMs: 50 }))),
  ).toEqual([Code.DeadlineExceeded, undefined]);
  await untilWaiting(running, 0);
});

test("a job that found its worker gone is there for the next one at once, and does not count", async ({
  expect,
}) => {
  await using running = await startTestServer();
  const clients = running.clients();
  const controller = new AbortController();
  const leaving = codeOf(() =>
    Array.fromAsync(clients.jobs.dequeueJob({ queue: "default" }, { signal: controller.signal })),
  );
  await untilWaiting(running, 1);
  // Both in one turn: the server may hand the job out before it hears that the worker has gone.
  const submitted = submit(clients);
  controller.abort();
  const jobId = await submitted;
  expect((await leaving)[0]).toBe(Code.Canceled);
  expect((await takeJob(clients)).jobId).toBe(jobId);
});

test("workers that give no name keep a job for 90 seconds at least, others as long as they ask", async ({
  expect,
}) => {
  await using running = await startTestServer();
  const clients = running.clients();
  const lease = async (worker: string, seconds: number) => {
    const jobId = await submit(clients);
    const { taskToken } = await takeJob(clients, { worker, visibilityTimeoutSeconds: seconds });
    const granted = await leaseMsOf(clients, jobId);
    await clients.jobs.updateJob({ taskToken, queue: "default", visibilityTimeoutSeconds: seconds });
    const extended = await leaseMsOf(clients, jobId);
    return [granted, extended].map((ms) => Math.round(ms / 10_000) * 10);
  };
  expect(await lease("", 30)).toEqual([90, 90]);
  expect(await lease("", 120)).toEqual([120, 120]);
  expect(await lease("w1", 30)).toEqual([30, 30]);
  expect(await lease("w1", 0)).toEqual([300, 300]);
  expect(await lease("w1", -5)).toEqual([300, 300]);
});

test("the default lease is a setting", async ({ expect }) => {
  await using running = await startTestServer({ env: { AIRUNNER_DEFAULT_VISIBILITY_TIMEOUT: "600" } });
  const clients = running.clients();
  const jobId = await submit(clients);
  await takeJob(clients, { worker: "w" });
  expect(Math.round((await leaseMsOf(clients, jobId)) / 10_000)).toBe(60);
});

test("a beat tells the worker that its job is to be stopped", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  await submit(clients);
  const { jobId, taskToken } = await takeJob(clients);
  await clients.jobs.cancelJob({ jobId, reason: "wrong branch" });
  const told = { cancelRequested: true, cancelReason: "wrong branch" };
  expect(await clients.jobs.updateJob({ taskToken, queue: "default" })).toMatchObject(told);
  expect(await clients.events.appendJobEvents({ taskToken, events: [output(1, "x")] })).toMatchObject(told);
  expect((await clients.jobs.completeJob({ taskToken, jobResult: { success: false } })).state).toBe(
    JobState.CANCELLED,
  );
});

test("a job that was given back goes to the next worker with a token that fences the first", async ({
  expect,
}) => {
  await using running = await startTestServer();
  const clients = running.clients();
  await submit(clients);
  const first = await takeJob(clients, { worker: "a" });
  expect((await clients.jobs.releaseJob({ taskToken: first.taskToken, reason: "stopping" })).state).toBe(
    JobState.SCHEDULED,
  );
  const second = await takeJob(clients, { worker: "b" });
  expect([second.jobId, second.attempt]).toEqual([first.jobId, 2]);
  const { taskToken } = first;
  const lost = [Code.FailedPrecondition, "lease_lost"];
  expect(await codeOf(() => clients.jobs.completeJob({ taskToken, jobResult: { success: true } }))).toEqual(
    lost,
  );
  expect(await codeOf(() => clients.jobs.updateJob({ taskToken, queue: "default" }))).toEqual(lost);
  expect(await codeOf(() => clients.events.appendJobEvents({ taskToken, events: [output(1, "x")] }))).toEqual(
    lost,
  );
  const publish = async function* (): AsyncGenerator<Publish> {
    yield { taskToken, events: [output(1, "x")] };
  };
  expect(await codeOf(() => clients.events.publishJobEvents(publish()))).toEqual(lost);
  const text = await running.telemetry.prometheusText();
  expect(text).toMatch(/airunner_leases_lost_total\S*\{[^}]*method="PublishJobEvents"[^}]*\} 1\n/);
  expect(text).toMatch(/airunner_events_publish_errors_total\S*\{[^}]*error_type="lease_lost"[^}]*\} 2\n/);
  expect(text).toMatch(/airunner_jobs_redelivered_total\S*\{[^}]*queue="default"[^}]*\} 1\n/);
});

test("acknowledges events, skips what it has, and refuses a gap", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  await submit(clients);
  const { taskToken } = await takeJob(clients);
  const { appendJobEvents } = clients.events;
  const append = (...events: MessageInitShape<typeof JobEventSchema>[]) =>
    appendJobEvents({ taskToken, events });
  expect(await append(output(1, "a"), output(2, "b"))).toMatchObject({
    lastSequence: 2n,
    cancelRequested: false,
  });
  expect(await append(output(2, "b"), output(3, "c"))).toMatchObject({ lastSequence: 3n });
  expect(await codeOf(() => append(output(5, "e")))).toEqual([Code.FailedPrecondition, "sequence_gap"]);
  const large = output(4, "x".repeat(358_400));
  expect(await codeOf(() => append(large))).toEqual([Code.ResourceExhausted, "event_too_large"]);
  expect(await codeOf(() => appendJobEvents({ events: [output(4, "d")] }))).toEqual([
    Code.InvalidArgument,
    "invalid_task_token",
  ]);
  expect(await append()).toMatchObject({ lastSequence: 3n });
});

test("a published message is in the log before the stream has ended, and a bad one ends the stream", async ({
  expect,
}) => {
  await using running = await startTestServer();
  const clients = running.clients();
  await submit(clients);
  const { jobId, taskToken } = await takeJob(clients);
  const gate = Promise.withResolvers<void>();
  const messages = async function* (): AsyncGenerator<Publish> {
    yield { taskToken, events: [output(1, "a")] };
    yield { taskToken, events: [] };
    await gate.promise;
    yield { taskToken: "bm8=", events: [output(2, "b")] };
  };
  const published = codeOf(() => clients.events.publishJobEvents(messages()));
  await waitFor(
    async () => ((await running.store.get(jobId)).attempts[0]?.lastSequence === 1 ? true : undefined),
    {
      what: "the first event in the log",
    },
  );
  gate.resolve();
  expect(await published).toEqual([Code.InvalidArgument, "invalid_task_token"]);
  expect((await running.store.get(jobId)).attempts[0]?.lastSequence).toBe(1);
});

/** As a store on another machine: each append takes some turns of the loop. */
function slowly(store: JobStore): JobStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === "append") {
        return async (...args: Parameters<JobStore["append"]>) => {
          for (let turn = 0; turn < 5; turn += 1) await setImmediate();
          return target.append(...args);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("a result does not overtake events that were sent before it", async ({ expect }) => {
  await using running = await startTestServer({ wrap: slowly });
  const clients = running.clients();
  await submit(clients);
  const { jobId, taskToken } = await takeJob(clients);
  const sent = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const messages = async function* (): AsyncGenerator<Publish> {
    for (let sequence = 1; sequence <= 200; sequence += 1)
      yield { taskToken, events: [output(sequence, "x")] };
    // Asked for more: the last one has left. As the Go worker, which keeps its stream open meanwhile.
    sent.resolve();
    await end.promise;
  };
  const published = clients.events.publishJobEvents(messages());
  await sent.promise;
  await clients.jobs.completeJob({ taskToken, jobResult: { success: true } });
  expect((await running.store.get(jobId)).attempts[0]?.lastSequence).toBe(200);
  end.resolve();
  await published;
});

test("what the log shows of the process beats a reported success", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  await submit(clients);
  const { jobId, taskToken } = await takeJob(clients);
  const end = { case: "processEnd", value: { pid: 7, exitCode: 3 } } as const;
  const events = [{ sequence: 1n, eventType: EventType.PROCESS_END, eventData: end }];
  await clients.events.appendJobEvents({ taskToken, events });
  await clients.jobs.completeJob({ taskToken, jobResult: { success: true } });
  expect((await clients.jobs.getJob({ jobId })).job).toMatchObject({
    state: JobState.FAILED,
    result: { exitCode: 3 },
  });
});

test("a reader gets history, then what comes, in order, and the end with the job", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  await submit(clients);
  const { jobId, taskToken } = await takeJob(clients);
  await clients.events.appendJobEvents({ taskToken, events: [output(1, "a"), output(2, "b")] });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { event, attempt } of clients.events.streamJobEvents({ jobId, fromSequence: 2n })) {
      const text =
        event?.eventData.case === "output" ? Buffer.from(event.eventData.value.output).toString() : "";
      seen.push(`${attempt}:${event?.sequence}:${text}`);
    }
  })();
  await waitFor(() => (seen.length === 1 ? true : undefined), { what: "history" });
  expect(await running.telemetry.prometheusText()).toMatch(/airunner_streams_active\S*(?:\{[^}]*\})? 1\n/);
  await clients.events.appendJobEvents({ taskToken, events: [output(3, "c")] });
  await clients.jobs.completeJob({ taskToken, jobResult: { success: true } });
  await reading;
  expect(seen).toEqual(["1:2:b", "1:3:c"]);
  const text = await running.telemetry.prometheusText();
  expect(text).toMatch(/airunner_streams_active\S*(?:\{[^}]*\})? 0\n/);
  expect(text).toMatch(/airunner_streams_historical_replay_events_total\S*(?:\{[^}]*\})? 1\n/);
  expect(text).toMatch(/airunner_streams_events_total\S*(?:\{[^}]*\})? 2\n/);
  expect(text).not.toContain(jobId);
});

test.for([
  ["an unknown job", { jobId: "01890000-0000-7000-8000-000000000000" }, [Code.NotFound, "job_not_found"]],
  ["an id that is none", { jobId: "1; drop" }, [Code.InvalidArgument, "invalid_request"]],
  ["no id", {}, [Code.InvalidArgument, "invalid_request"]],
] as const)("a reader of %s is told at once", async ([, request, codes], { expect }) => {
  await using running = await startTestServer();
  const { events } = running.clients();
  expect(await codeOf(() => Array.fromAsync(events.streamJobEvents(request)))).toEqual(codes);
});

test("a reader who asks for an attempt that is not there, or below 0, is told", async ({ expect }) => {
  await using running = await startTestServer();
  const clients = running.clients();
  const jobId = await submit(clients);
  const read = (attempt: number) => () => Array.fromAsync(clients.events.streamJobEvents({ jobId, attempt }));
  expect(await codeOf(read(-1))).toEqual([Code.InvalidArgument, "invalid_request"]);
  expect(await codeOf(read(7))).toEqual([Code.InvalidArgument, "invalid_request"]);
});
