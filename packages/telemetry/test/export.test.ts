// SPDX-License-Identifier: Apache-2.0
// Against a strict receiver of gRPC and of HTTP.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { describe, test } from "vitest";
import { environment, key, protocols, startOtlpReceiver, startWith } from "./support/start.ts";

describe.for(protocols)("over %s", (protocol) => {
  test("the receiver gets each kind of instrument with its labels", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol });
    const { telemetry, logs } = await startWith(environment(receiver, protocol));
    telemetry.metrics.jobs.add(3, { queue: "default" });
    telemetry.metrics.jobs.add(1, { queue: "gpu" });
    telemetry.metrics.duration.record(7, { succeeded: true });
    telemetry.metrics.streams.add(2);
    telemetry.metrics.streams.add(-1);
    telemetry.metrics.memory.record(1024.5);
    telemetry.metrics.depth.observe((observe) => observe(9, { queue: "default" }));
    await telemetry[Symbol.asyncDispose]();
    expect(receiver.problems).toEqual([]);
    expect(receiver.metric("test.jobs.total")).toMatchObject({
      kind: "counter",
      unit: "{job}",
      temporality: "cumulative",
      scope: "test",
      points: [
        { attributes: { queue: "default" }, value: 3, isInteger: true },
        { attributes: { queue: "gpu" }, value: 1 },
      ],
    });
    expect(receiver.metric("test.call.duration")).toMatchObject({
      kind: "histogram",
      points: [
        { attributes: { succeeded: true }, count: 1, value: 7, bounds: [1, 5, 10], buckets: [0, 0, 1, 0] },
      ],
    });
    expect(receiver.metric("test.streams.active")).toMatchObject({ kind: "updown", points: [{ value: 1 }] });
    expect(receiver.metric("test.memory")).toMatchObject({
      kind: "gauge",
      points: [{ value: 1024.5, isInteger: false }],
    });
    expect(receiver.metric("test.queue.depth")?.points).toMatchObject([
      { attributes: { queue: "default" }, value: 9 },
    ]);
    expect(logs.text).toBe("");
  });

  test("it says who it is, and carries the key", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol });
    const { telemetry } = await startWith({
      ...environment(receiver, protocol),
      OTEL_SERVICE_NAME: "prod-airunner",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.name=ignored",
    });
    telemetry.metrics.streams.add(1);
    await telemetry[Symbol.asyncDispose]();
    expect(receiver.requests[0]).toMatchObject({
      headers: { "x-honeycomb-team": key },
      isCompressed: false,
      resource: {
        "service.name": "prod-airunner",
        "service.version": "1.2.3",
        "deployment.environment.name": "prod",
        "process.pid": process.pid,
      },
    });
  });

  test("gzip is used when it is asked for", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol });
    const { telemetry } = await startWith({
      ...environment(receiver, protocol),
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    });
    telemetry.metrics.streams.add(1);
    await telemetry[Symbol.asyncDispose]();
    expect(receiver.problems).toEqual([]);
    expect(receiver.requests[0]?.isCompressed).toBe(true);
  });

  test("a private authority is trusted from its file", async ({ expect }) => {
    await using directory = await testDirectory("otlp");
    await using receiver = await startOtlpReceiver({ protocol, isTls: true });
    const file = join(directory.path, "ca.pem");
    await writeFile(file, receiver.authority ?? "");
    const { telemetry, logs } = await startWith({
      ...environment(receiver, protocol),
      OTEL_EXPORTER_OTLP_CERTIFICATE: file,
    });
    telemetry.metrics.streams.add(1);
    await telemetry[Symbol.asyncDispose]();
    expect(logs.text).toBe("");
    expect(receiver.metric("test.streams.active")).toBeDefined();
  });

  test("differences are sent where they are asked for", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol });
    const { telemetry } = await startWith({
      ...environment(receiver, protocol),
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
    });
    const { jobs, duration, streams } = telemetry.metrics;
    const sent = async (): Promise<unknown[]> => {
      await telemetry.flush();
      return ["test.jobs.total", "test.call.duration", "test.streams.active"].map((name) => {
        const metric = receiver.metric(name);
        return [metric?.temporality, metric?.points[0]?.count ?? metric?.points[0]?.value];
      });
    };
    jobs.add(3, { queue: "default" });
    duration.record(1, { succeeded: true });
    streams.add(5);
    expect(await sent()).toEqual([
      ["delta", 3],
      ["delta", 1],
      ["cumulative", 5],
    ]);
    const firstEnd = receiver.metric("test.jobs.total")?.points[0]?.endNanos;
    jobs.add(4, { queue: "default" });
    duration.record(1, { succeeded: true });
    duration.record(1, { succeeded: true });
    streams.add(-2);
    expect(await sent()).toEqual([
      ["delta", 4],
      ["delta", 2],
      ["cumulative", 3],
    ]);
    expect(receiver.metric("test.jobs.total")?.points[0]?.startNanos).toBe(firstEnd);
    // Prometheus still reads sums.
    expect(await telemetry.prometheusText()).toContain('test_jobs_total{queue="default"} 7\n');
    await telemetry[Symbol.asyncDispose]();
  });

  test("a signal may have an address of its own, or none", async ({ expect }) => {
    await using metrics = await startOtlpReceiver({ protocol });
    await using traces = await startOtlpReceiver({ protocol });
    const path = protocol === "grpc" ? "" : "/v1/traces";
    const { telemetry } = await startWith({
      ...environment(metrics, protocol),
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${traces.url}${path}`,
      OTEL_METRICS_EXPORTER: "none",
    });
    telemetry.metrics.streams.add(1);
    telemetry.inSpan("work", {}, () => {});
    await telemetry[Symbol.asyncDispose]();
    expect(metrics.requests).toEqual([]);
    expect(traces.spans.map(({ name }) => name)).toEqual(["work"]);
  });
});

test("an endpoint without a protocol is spoken to by gRPC, as the original did", async ({ expect }) => {
  await using receiver = await startOtlpReceiver({ protocol: "grpc" });
  const { OTEL_EXPORTER_OTLP_PROTOCOL: _protocol, ...env } = environment(receiver, "grpc");
  const { telemetry } = await startWith(env);
  telemetry.metrics.streams.add(1);
  await telemetry[Symbol.asyncDispose]();
  expect(receiver.problems).toEqual([]);
  expect(receiver.metric("test.streams.active")).toBeDefined();
});
