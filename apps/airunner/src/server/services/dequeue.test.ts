// SPDX-License-Identifier: Apache-2.0
// How jobs go back that did not reach their worker; the caller of the method is what goes wrong here.
import { create } from "@bufbuild/protobuf";
import { captureLogs } from "@repo/logging/testing";
import { createRecorders } from "@repo/telemetry";
import { recordedValue } from "@repo/telemetry/testing";
import { test } from "vitest";
import { DequeueJobRequestSchema, JobParamsSchema, JobState } from "../../gen/job/v1/job_pb.ts";
import type { JobStore } from "../../job/job-store.ts";
import { createTaskTokens } from "../../job/task-token.ts";
import { createMemoryStore } from "../../stores/memory/memory-store.ts";
import { scopes } from "../auth/caller.ts";
import { instruments } from "../metrics.ts";
import type { CallContext } from "../rpc/method.ts";
import { LeaseOrder } from "./lease-order.ts";
import { workMethods } from "./work-methods.ts";

const caller = { subject: "", scopes: new Set(scopes) };

function setUp(store: JobStore) {
  const metrics = createRecorders(instruments);
  const logs = captureLogs();
  const tokens = createTaskTokens({ secrets: ["s".repeat(32)] });
  const execution = {
    flushIntervalSeconds: 2,
    maxBatchSize: 50,
    maxBatchBytes: 262_144,
    playbackIntervalMs: 50,
    heartbeatIntervalSeconds: 30,
    outputFlushIntervalMs: 100,
  };
  const methods = workMethods(
    { store, tokens, metrics, logger: logs.logger, now: Date.now, execution, defaultLeaseSeconds: 300 },
    new LeaseOrder(),
  );
  const method = methods.find(({ desc }) => desc.name === "DequeueJob");
  if (method?.kind !== "server_stream") throw new TypeError("DequeueJob is no stream.");
  const request = create(DequeueJobRequestSchema, { queue: "q", maxJobs: 10, worker: "w" });
  return {
    metrics,
    logs,
    dequeue: (signal: AbortSignal) => {
      const context: CallContext = { caller, signal, ended: () => undefined };
      return method.handle(request, context)[Symbol.asyncIterator]();
    },
  };
}

async function enqueue(store: JobStore, count: number): Promise<readonly string[]> {
  const params = create(JobParamsSchema, { command: "true" });
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const job = {
      requestId: "",
      queue: "q",
      params,
      priority: 0,
      delayMs: 0,
      retryPolicy: undefined,
      submitter: "",
    };
    ids.push((await store.enqueue(job)).jobId);
  }
  return ids;
}

async function statesOf(store: JobStore, ids: readonly string[]): Promise<readonly JobState[]> {
  return Promise.all(ids.map(async (id) => (await store.get(id)).job.state));
}

const { RUNNING, SCHEDULED } = JobState;

test("what was written stays with its worker, the rest goes back in its order", async ({ expect }) => {
  await using store = createMemoryStore();
  const { dequeue, metrics } = setUp(store);
  const ids = await enqueue(store, 4);
  const iterator = dequeue(new AbortController().signal);
  // Resuming says that the first went out; the second was being written when its client left.
  await iterator.next();
  await iterator.next();
  await iterator.return?.();
  expect(await statesOf(store, ids)).toEqual([RUNNING, SCHEDULED, SCHEDULED, SCHEDULED]);
  const again = await store.claim(
    { queues: [{ queue: "q", weight: 1 }], maxJobs: 3, leaseMs: 1000, worker: "w" },
    new AbortController().signal,
  );
  expect(again.map(({ job }) => job.jobId)).toEqual(ids.slice(1));
  expect(again.map(({ job }) => job.countedAttempts)).toEqual([1, 1, 1]);
  expect(recordedValue(metrics, "dequeued", { queue: "q" })).toBe(1);
  expect(recordedValue(metrics, "released", { queue: "q" })).toBe(3);
});

test("a call that ends while its job is on the way gives it back", async ({ expect }) => {
  await using store = createMemoryStore();
  const { dequeue } = setUp(store);
  const ids = await enqueue(store, 1);
  const controller = new AbortController();
  const iterator = dequeue(controller.signal);
  await iterator.next();
  controller.abort();
  expect((await iterator.next()).done).toBe(true);
  expect(await statesOf(store, ids)).toEqual([SCHEDULED]);
});

test("a call that ended before its jobs came gives all of them back", async ({ expect }) => {
  await using store = createMemoryStore();
  const controller = new AbortController();
  // A store that answers just as the call ends.
  const late = new Proxy(store, {
    get(target, name) {
      if (name !== "claim") return Reflect.get(target, name).bind(target);
      return async (...args: Parameters<JobStore["claim"]>) => {
        const claims = await target.claim(...args);
        controller.abort();
        return claims;
      };
    },
  });
  const { dequeue } = setUp(late);
  const ids = await enqueue(store, 2);
  expect((await dequeue(controller.signal).next()).done).toBe(true);
  expect(await statesOf(store, ids)).toEqual([SCHEDULED, SCHEDULED]);
});

test("jobs that cannot be given back are told, and end by their leases", async ({ expect }) => {
  await using store = createMemoryStore();
  const failing = new Proxy(store, {
    get(target, name) {
      if (name === "release") return () => Promise.reject(new Error("no store"));
      return Reflect.get(target, name).bind(target);
    },
  });
  const { dequeue, logs } = setUp(failing);
  const [jobId] = await enqueue(store, 1);
  const iterator = dequeue(new AbortController().signal);
  await iterator.next();
  await iterator.return?.();
  expect(logs.records).toEqual([
    expect.objectContaining({ level: "warn", msg: "job not given back", jobId, attempt: 1 }),
  ]);
});
