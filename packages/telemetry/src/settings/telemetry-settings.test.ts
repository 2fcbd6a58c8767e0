// SPDX-License-Identifier: Apache-2.0
import { describe, test } from "vitest";
import { readTelemetrySettings, telemetrySecrets } from "./telemetry-settings.ts";

describe("readTelemetrySettings", () => {
  test("sends nothing without an endpoint", ({ expect }) => {
    const settings = readTelemetrySettings({ OTEL_EXPORTER_OTLP_ENDPOINT: "", OTEL_SERVICE_NAME: "a" });
    expect(settings.traces).toBeUndefined();
    expect(settings.metrics).toBeUndefined();
    expect(settings.problems).toEqual([]);
  });

  test("sends nothing when the SDK is disabled", ({ expect }) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317", OTEL_SDK_DISABLED: "true" };
    expect(readTelemetrySettings(env).metrics).toBeUndefined();
  });

  test("takes the original's setting for Honeycomb", ({ expect }) => {
    const { metrics, traces, problems } = readTelemetrySettings({
      OTEL_EXPORTER_OTLP_ENDPOINT: "https://api.honeycomb.io",
      OTEL_EXPORTER_OTLP_HEADERS: "x-honeycomb-team=abc123",
    });
    expect(problems).toEqual([]);
    expect(traces).toEqual(metrics);
    expect(metrics).toEqual({
      protocol: "grpc",
      url: "https://api.honeycomb.io:443",
      headers: { "x-honeycomb-team": "abc123" },
      timeoutMs: 10_000,
      compression: "none",
    });
  });

  test.for([
    ["http://collector:4317", undefined, "grpc", "http://collector:4317"],
    ["http://collector:4318", undefined, "http/protobuf", "http://collector:4318/v1/metrics"],
    ["http://collector:4318", "grpc", "grpc", "http://collector:4318"],
    ["https://host/otlp/", "http/protobuf", "http/protobuf", "https://host/otlp/v1/metrics"],
    ["collector:4317", undefined, "grpc", "https://collector:4317"],
    ["http://[::1]:4317", undefined, "grpc", "http://[::1]:4317"],
    ["http://collector", undefined, "grpc", "http://collector:80"],
  ] as const)("%s with the protocol %s is %s to %s", ([endpoint, protocol, expected, url], { expect }) => {
    const { metrics, problems } = readTelemetrySettings({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    });
    expect(problems).toEqual([]);
    expect(metrics).toMatchObject({ protocol: expected, url });
  });

  test("a signal's own variables win over those of all, header by header", ({ expect }) => {
    const { metrics, traces } = readTelemetrySettings({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://a:4317",
      OTEL_EXPORTER_OTLP_HEADERS: "one=1,Two=2",
      OTEL_EXPORTER_OTLP_INSECURE: "true",
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "b:4318/somewhere",
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: "two=zwei%20%2C",
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "250",
    });
    expect(metrics).toMatchObject({
      url: "http://b:4318/somewhere",
      headers: { one: "1", two: "zwei ," },
      timeoutMs: 250,
    });
    expect(traces).toMatchObject({
      url: "http://a:4317",
      headers: { one: "1", two: "2" },
      timeoutMs: 10_000,
    });
  });

  test.for([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://secret"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:secret@host"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://secret host"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "secret"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "-1secret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "secret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=%secret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0a"],
    ["OTEL_EXPORTER_OTLP_COMPRESSION", "secret"],
    ["OTEL_METRICS_EXPORTER", "secret"],
    ["OTEL_METRIC_EXPORT_INTERVAL", "secret"],
    ["OTEL_TRACES_SAMPLER", "secret"],
    ["OTEL_SDK_DISABLED", "secret"],
  ] as const)("leaves a bad %s out and names it, not its value", ([name, value], { expect }) => {
    const { problems } = readTelemetrySettings({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://a:4317",
      [name]: value,
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} is left out: .*\\.$`));
    expect(problems[0]).not.toContain("secret");
  });

  test.for([
    ["traceidratio", "0.25", { root: "traceidratio", isParentBased: false, ratio: 0.25 }],
    ["parentbased_traceidratio", undefined, { root: "traceidratio", isParentBased: true, ratio: 1 }],
    ["parentbased_traceidratio", "1.5", { root: "traceidratio", isParentBased: true, ratio: 1 }],
    ["always_off", "0.25", { root: "always_off", isParentBased: false, ratio: 1 }],
    [undefined, undefined, { root: "always_on", isParentBased: true, ratio: 1 }],
  ] as const)("the sampler %s with %s", ([name, argument, sampler], { expect }) => {
    const env = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument };
    expect(readTelemetrySettings(env).sampler).toEqual(sampler);
  });

  test("a batch is never larger than its queue", ({ expect }) => {
    const { spanBatchSize, spanQueueSize } = readTelemetrySettings({ OTEL_BSP_MAX_QUEUE_SIZE: "100" });
    expect([spanBatchSize, spanQueueSize]).toEqual([100, 100]);
  });
});

test("telemetrySecrets gives the values of all headers", ({ expect }) => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://a:4317",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-key=def",
  };
  expect(telemetrySecrets(env)).toEqual(["Bearer abc", "def"]);
});
