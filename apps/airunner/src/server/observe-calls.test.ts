// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { captureLogs } from "@repo/logging/testing";
import { startTelemetry } from "@repo/telemetry";
import { recordedValue } from "@repo/telemetry/testing";
import { test } from "vitest";
import { JobError } from "../job/errors.ts";
import { AuthError } from "./auth/auth-error.ts";
import { toConnectError } from "./errors.ts";
import { instruments } from "./metrics.ts";
import { createObserver } from "./observe-calls.ts";
import type { CallEnd, CallStart } from "./rpc/rpc-options.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";

function callOf(headers: Readonly<Record<string, string>> = {}): CallStart {
  return {
    service: "job.v1.JobService",
    method: "GetJob",
    kind: "unary",
    protocol: "grpc",
    peer: "127.0.0.1:5",
    header: (name) => headers[name],
  };
}

function endOf(error?: ConnectError): CallEnd {
  return { code: error?.code, error, subject: "ann", durationMs: 1.26, requestBytes: 10, responseBytes: 20 };
}

async function setUp() {
  const telemetry = await startTelemetry({ serviceName: "t", serviceVersion: "0", env: {}, instruments });
  const logs = captureLogs({ context: () => telemetry.logFields() });
  const { metrics, tracer } = telemetry;
  return { metrics, logs, observe: createObserver({ metrics, tracer, logger: logs.logger }) };
}

test("measures a call under its method and code, and while it runs", async ({ expect }) => {
  const { metrics, observe } = await setUp();
  const active = () => recordedValue(metrics, "activeCalls", { "rpc.method": "GetJob" });
  const [one, two] = [observe(callOf()), observe(callOf())];
  expect(active()).toBe(2);
  one.end(endOf());
  two.end(endOf(new ConnectError("no", Code.DeadlineExceeded)));
  expect(active()).toBe(0);
  const labels = { "rpc.service": "job.v1.JobService", "rpc.method": "GetJob" };
  expect(recordedValue(metrics, "callDuration", { ...labels, "rpc.code": "ok" })).toBe(1);
  expect(recordedValue(metrics, "callDuration", { ...labels, "rpc.code": "deadline_exceeded" })).toBe(1);
  expect(recordedValue(metrics, "requestSize", { "rpc.method": "GetJob" })).toBe(2);
});

test("goes on with the caller's trace, in the method and in the log", async ({ expect }) => {
  const { logs, observe } = await setUp();
  const observation = observe(callOf({ traceparent: `00-${traceId}-b7ad6b7169203331-01` }));
  observation.run?.(() => logs.logger.info("in the method"));
  observation.end(endOf());
  expect(logs.records).toEqual([
    expect.objectContaining({ msg: "in the method", trace_id: traceId }),
    expect.objectContaining({ msg: "call ended", trace_id: traceId }),
  ]);
});

test("costs no context where nobody traces", async ({ expect }) => {
  const { observe } = await setUp();
  expect(observe(callOf())).not.toHaveProperty("run");
});

test.for([
  ["debug", undefined],
  ["debug", toConnectError(new JobError("job_not_found", "There is no such job."))],
  ["debug", new ConnectError("gone", Code.Canceled)],
  ["debug", new ConnectError("The server is stopping; call again.", Code.Unavailable)],
  ["info", toConnectError(new AuthError("unauthenticated", "invalid token"))],
  ["warn", toConnectError(new JobError("throttled", "Too fast."))],
  ["warn", toConnectError(new JobError("store_unavailable", "Down.", { cause: new Error("ECONNREFUSED") }))],
] as const)("logs at %s what it should: %s", async ([level, error], { expect }) => {
  const { logs, observe } = await setUp();
  observe(callOf()).end(endOf(error));
  expect(logs.records).toEqual([
    expect.objectContaining({
      level,
      rpc: "/job.v1.JobService/GetJob",
      subject: "ann",
      durationMs: 1.3,
      protocol: "grpc",
    }),
  ]);
});

test("tells the cause that the client was not told", async ({ expect }) => {
  const { logs, observe } = await setUp();
  const cause = new Error("connect ECONNREFUSED 10.0.0.7:443");
  observe(callOf()).end(endOf(toConnectError(new JobError("store_unavailable", "Try again.", { cause }))));
  expect(logs.records[0]).toMatchObject({ reason: "Try again.", err: { message: cause.message } });
});

test("counts calls with a lease that is lost", async ({ expect }) => {
  const { metrics, observe } = await setUp();
  observe(callOf()).end(endOf(toConnectError(new JobError("lease_lost", "It is over."))));
  expect(recordedValue(metrics, "leasesLost", { method: "GetJob" })).toBe(1);
});
