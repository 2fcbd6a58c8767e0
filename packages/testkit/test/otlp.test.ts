// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, test } from "vitest";
import {
  ExportMetricsRequestSchema,
  ExportTraceRequestSchema,
  Temporality,
} from "../src/gen/otlp/v1/otlp_pb.ts";
import { startOtlpReceiver } from "../src/otlp/index.ts";

type Metric = Parameters<typeof metricsRequest>[0];

/** A request with one counter of one point, and what a test changes in it. */
function metricsRequest(change: {
  temporality?: Temporality;
  startNanos?: bigint;
  name?: string;
  keys?: string[];
}) {
  const { temporality = Temporality.CUMULATIVE, startNanos = 1n, name = "jobs", keys = ["a"] } = change;
  const attributes = keys.map((key) => ({
    key,
    value: { value: { case: "stringValue" as const, value: "v" } },
  }));
  const point = { startTimeUnixNano: startNanos, timeUnixNano: 2n, attributes };
  const dataPoints = [{ ...point, value: { case: "asInt" as const, value: 3n } }];
  const value = { aggregationTemporality: temporality, isMonotonic: true, dataPoints };
  const metrics = [{ name, data: { case: "sum" as const, value } }];
  const resourceMetrics = [{ resource: {}, scopeMetrics: [{ scope: { name: "test" }, metrics }] }];
  return toBinary(ExportMetricsRequestSchema, create(ExportMetricsRequestSchema, { resourceMetrics }));
}

function spanRequest(idBytes: number): Uint8Array {
  const spans = [
    {
      name: "work",
      traceId: new Uint8Array(idBytes).fill(1),
      spanId: new Uint8Array(8).fill(2),
      startTimeUnixNano: 1n,
      endTimeUnixNano: 2n,
    },
  ];
  const resourceSpans = [{ resource: {}, scopeSpans: [{ spans }] }];
  return toBinary(ExportTraceRequestSchema, create(ExportTraceRequestSchema, { resourceSpans }));
}

function post(url: string, body: Uint8Array, headers: Record<string, string> = {}) {
  const init = { "content-type": "application/x-protobuf", ...headers };
  return fetch(url, { method: "POST", body: Buffer.from(body), headers: init });
}

describe("the receiver of OTLP", () => {
  test("takes what is right and shows it", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol: "http/protobuf" });
    expect((await post(`${receiver.url}/v1/metrics`, metricsRequest({}))).status).toBe(200);
    expect((await post(`${receiver.url}/v1/traces`, spanRequest(16))).status).toBe(200);
    expect(receiver.problems).toEqual([]);
    expect(receiver.metric("jobs")).toMatchObject({
      kind: "counter",
      scope: "test",
      temporality: "cumulative",
      points: [{ value: 3, attributes: { a: "v" }, isInteger: true }],
    });
    expect(receiver.spans).toMatchObject([
      { name: "work", traceId: "01".repeat(16), spanId: "02".repeat(8) },
    ]);
  });

  const wrong: readonly (readonly [string, Metric, string])[] = [
    ["no temporality", { temporality: Temporality.UNSPECIFIED }, "temporality"],
    ["a point that ends before it starts", { startNanos: 3n }, "ends before it starts"],
    ["a name that is not allowed", { name: "1 job" }, "is not allowed"],
    ["an attribute twice", { keys: ["a", "a"] }, "doubled"],
  ];
  test.for(wrong)("refuses %s", async ([, change, words], { expect }) => {
    await using receiver = await startOtlpReceiver({ protocol: "http/protobuf" });
    expect((await post(`${receiver.url}/v1/metrics`, metricsRequest(change))).status).toBe(400);
    expect(receiver.problems).toEqual([expect.stringContaining(words)]);
    expect(receiver.requests).toEqual([]);
  });

  test("refuses ids of another length, unknown fields, other types and places", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol: "http/protobuf" });
    const metrics = `${receiver.url}/v1/metrics`;
    // Field 100, one byte long, within the request.
    const unknown = Buffer.concat([metricsRequest({}), Buffer.from([0xa2, 0x06, 0x01, 0x00])]);
    await post(`${receiver.url}/v1/traces`, spanRequest(8));
    await post(metrics, unknown);
    await post(metrics, Buffer.from([0x0a, 0xff]));
    await post(metrics, metricsRequest({}), { "content-type": "application/json" });
    await post(`${receiver.url}/v1/metric`, metricsRequest({}));
    expect(receiver.problems).toEqual([
      expect.stringContaining("16 and 8 bytes"),
      expect.stringContaining("unknown field 100"),
      expect.stringContaining("no protobuf"),
      expect.stringContaining("application/json"),
      expect.stringContaining("/v1/metric"),
    ]);
  });

  test("fails as it is told, over HTTP", async ({ expect }) => {
    const answer = { kind: "failure", code: 503, message: "busy" } as const;
    await using receiver = await startOtlpReceiver({ protocol: "http/protobuf", answer });
    const response = await post(`${receiver.url}/v1/metrics`, metricsRequest({}));
    expect([response.status, await response.text()]).toEqual([503, "busy"]);
    receiver.setAnswer({ kind: "ok" });
    expect((await post(`${receiver.url}/v1/metrics`, metricsRequest({}))).status).toBe(200);
  });
});
