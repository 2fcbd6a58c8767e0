// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { captureLogs } from "@repo/logging/testing";
import { createRecorders } from "@repo/telemetry";
import { test } from "vitest";
import { JobParamsSchema, ListJobsRequestSchema } from "../../gen/job/v1/job_pb.ts";
import { createTaskTokens } from "../../job/task-token.ts";
import { createMemoryStore } from "../../stores/memory/memory-store.ts";
import { scopes } from "../auth/caller.ts";
import { instruments } from "../metrics.ts";
import type { CallContext } from "../rpc/method.ts";
import { jobMethods } from "./job-methods.ts";

test("large pages are answered one in a turn of the event loop, however many ask at once", async ({
  expect,
}) => {
  await using store = createMemoryStore();
  const params = create(JobParamsSchema, { command: "true", args: ["x".repeat(40_000)] });
  await store.enqueue({
    requestId: "",
    queue: "q",
    params,
    priority: 0,
    delayMs: 0,
    retryPolicy: undefined,
    submitter: "",
  });
  const methods = jobMethods({
    store,
    tokens: createTaskTokens({ secrets: ["s".repeat(32)] }),
    metrics: createRecorders(instruments),
    logger: captureLogs().logger,
    now: Date.now,
    execution: {
      flushIntervalSeconds: 2,
      maxBatchSize: 50,
      maxBatchBytes: 262_144,
      playbackIntervalMs: 50,
      heartbeatIntervalSeconds: 30,
      outputFlushIntervalMs: 100,
    },
    defaultLeaseSeconds: 300,
  });
  const list = methods.find(({ desc }) => desc.name === "ListJobs");
  if (list?.kind !== "unary") throw new TypeError("ListJobs is not unary.");
  const signal = new AbortController().signal;
  const context: CallContext = {
    caller: { subject: "", scopes: new Set(scopes) },
    signal,
    ended: () => undefined,
  };
  const order: string[] = [];
  const callers = Array.from({ length: 5 }, async () => {
    expect(await list.handle(create(ListJobsRequestSchema), context)).toMatchObject({ total: 1n });
    order.push("page");
  });
  const over = new AbortController();
  const others = (async () => {
    while (!over.signal.aborted) {
      order.push("other");
      await setImmediate();
    }
  })();
  await Promise.all(callers);
  over.abort();
  await others;
  expect(order.filter((what) => what === "page")).toHaveLength(5);
  expect(order.join(" ")).not.toContain("page page");
});
