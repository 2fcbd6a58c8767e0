// SPDX-License-Identifier: Apache-2.0
// Receivers that are away, come back, refuse, or never answer.

import { join } from "node:path";
import { waitFor } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { describe, test } from "vitest";
import { environment, key, protocols, startOtlpReceiver, startWith } from "./support/start.ts";

describe.for(protocols)("over %s", (protocol) => {
  test("a receiver that restarts gets the sums of the whole time", { timeout: 60_000 }, async ({
    expect,
  }) => {
    const first = await startOtlpReceiver({ protocol });
    const { telemetry } = await startWith({
      ...environment(first, protocol),
      // The clients wait a second and more between tries; this gives them room for several.
      OTEL_EXPORTER_OTLP_TIMEOUT: "30000",
    });
    telemetry.metrics.jobs.add(1, { queue: "default" });
    await telemetry.flush();
    expect(first.metric("test.jobs.total")?.points[0]?.value).toBe(1);
    await first[Symbol.asyncDispose]();
    telemetry.metrics.jobs.add(1, { queue: "default" });
    const flushed = telemetry.flush();
    await using second = await startOtlpReceiver({ protocol, port: first.port });
    await flushed;
    telemetry.metrics.jobs.add(1, { queue: "default" });
    await telemetry[Symbol.asyncDispose]();
    expect(second.metric("test.jobs.total")?.points[0]?.value).toBe(3);
    expect(second.problems).toEqual([]);
  });

  test("spans that a busy receiver refuses are sent again", async ({ expect }) => {
    const code = protocol === "grpc" ? 14 : 503;
    const answer = { kind: "failure", code, message: "busy" } as const;
    await using receiver = await startOtlpReceiver({ protocol, answer });
    const { telemetry, logs } = await startWith({
      ...environment(receiver, protocol),
      OTEL_EXPORTER_OTLP_TIMEOUT: "30000",
      OTEL_METRICS_EXPORTER: "none",
    });
    telemetry.inSpan("work", {}, () => {});
    const end = telemetry[Symbol.asyncDispose]();
    await waitFor(() => receiver.requests.length === 1, { what: "the first try" });
    receiver.setAnswer({ kind: "ok" });
    await end;
    expect(receiver.spans.map(({ name }) => name)).toEqual(["work", "work"]);
    expect(logs.text).toBe("");
  });

  test("a refusal is one warning without the key", async ({ expect }) => {
    const code = protocol === "grpc" ? 16 : 401;
    const answer = { kind: "failure", code, message: `unknown API key ${key}` } as const;
    await using receiver = await startOtlpReceiver({ protocol, answer });
    const { telemetry, logs } = await startWith(environment(receiver, protocol));
    telemetry.metrics.streams.add(1);
    await telemetry.flush();
    await telemetry.flush();
    await telemetry[Symbol.asyncDispose]();
    expect(receiver.requests.length).toBe(3);
    expect(logs.records).toEqual([
      expect.objectContaining({
        level: "warn",
        msg: expect.stringContaining(`Metrics could not be sent to ${receiver.url}`),
        failures: 1,
        reason: expect.stringContaining(String(code)),
      }),
    ]);
    expect(logs.text).not.toContain(key);
  });

  test("a receiver that never answers does not hold the end back", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol, answer: { kind: "silence" } });
    const { telemetry, logs } = await startWith(environment(receiver, protocol), 200);
    telemetry.metrics.streams.add(1);
    telemetry.inSpan("work", {}, () => {});
    const end = telemetry[Symbol.asyncDispose]();
    expect(telemetry[Symbol.asyncDispose]()).toBe(end);
    await end;
    expect(logs.records).toMatchObject([{ msg: "The last telemetry was not all sent within 200 ms." }]);
  });

  test("nor does it keep the process alive", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol, answer: { kind: "silence" } });
    await using run = await runExecutable({
      file: join(import.meta.dirname, "fixtures", "one-export.ts"),
      env: { ...environment(receiver, protocol), OTEL_EXPORTER_OTLP_TIMEOUT: "600000" },
    });
    const { code } = await run.waitForExit({ deadlineMs: 20_000 });
    expect(code).toBe(0);
    expect(run.stdout.text).toContain("The last telemetry was not all sent within 100 ms.");
  });
});

test("a certificate file that is missing is a warning, and the app starts", async ({ expect }) => {
  const { telemetry, logs } = await startWith({
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_CERTIFICATE: "/nonexistent/ca.pem",
  });
  telemetry.metrics.streams.add(1);
  expect(await telemetry.prometheusText()).toContain("test_streams_active 1\n");
  await telemetry[Symbol.asyncDispose]();
  expect(logs.records).toMatchObject([
    { msg: "Metrics could not be sent to https://127.0.0.1:1.", reason: expect.stringContaining("ENOENT") },
    { msg: "Spans could not be sent to https://127.0.0.1:1." },
  ]);
});

test("a gauge that cannot be read is a warning, and the others are given", async ({ expect }) => {
  const { telemetry, logs } = await startWith({});
  telemetry.metrics.streams.add(1);
  telemetry.metrics.depth.observe(() => Promise.reject(new Error("the store is closed")));
  const text = await telemetry.prometheusText();
  expect(text).toContain("test_streams_active 1\n");
  expect(text).not.toContain("test_queue_depth");
  expect(logs.records).toMatchObject([{ msg: "A metric could not be read.", reason: "the store is closed" }]);
  await telemetry[Symbol.asyncDispose]();
});
