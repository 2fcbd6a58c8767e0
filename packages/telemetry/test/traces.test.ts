// SPDX-License-Identifier: Apache-2.0
import { describe, test } from "vitest";
import { SpanKind } from "../src/index.ts";
import { environment, protocols, startOtlpReceiver, startWith } from "./support/start.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${parentId}-01`;

describe.for(protocols)("spans over %s", (protocol) => {
  test("keep their parents, across awaits and from the caller's headers", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol });
    const { telemetry } = await startWith(environment(receiver, protocol));
    const headers: Record<string, string> = {};
    await telemetry.inSpan("serve", { kind: SpanKind.SERVER, headers: { traceparent } }, async () => {
      await Promise.resolve();
      telemetry.inSpan("store", { attributes: { queue: "default" } }, () => telemetry.inject(headers));
    });
    await telemetry[Symbol.asyncDispose]();
    expect(receiver.problems).toEqual([]);
    const [store, serve] = receiver.spans;
    expect(serve).toMatchObject({ name: "serve", traceId, parentSpanId: parentId, kind: 2 });
    expect(store).toMatchObject({
      name: "store",
      traceId,
      parentSpanId: serve?.spanId,
      attributes: { queue: "default" },
    });
    expect(headers["traceparent"]).toBe(`00-${traceId}-${store?.spanId}-01`);
  });

  test("say what failed", async ({ expect }) => {
    await using receiver = await startOtlpReceiver({ protocol });
    const { telemetry } = await startWith(environment(receiver, protocol));
    const work = telemetry.inSpan("work", {}, async () => {
      throw new Error("the disk is full");
    });
    await expect(work).rejects.toThrow("the disk is full");
    expect(() =>
      telemetry.inSpan("at once", {}, () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    await telemetry[Symbol.asyncDispose]();
    expect(receiver.spans).toMatchObject([
      { name: "work", statusCode: 2, statusMessage: "the disk is full", events: ["exception"] },
      { name: "at once", statusCode: 2, statusMessage: "no" },
    ]);
  });
});

test("log lines within a span name it", async ({ expect }) => {
  await using receiver = await startOtlpReceiver({ protocol: "grpc" });
  const { telemetry } = await startWith(environment(receiver, "grpc"));
  const fields = telemetry.inSpan("work", { headers: { traceparent } }, () => telemetry.logFields());
  expect(telemetry.logFields()).toBeUndefined();
  await telemetry[Symbol.asyncDispose]();
  expect(fields).toEqual({ trace_id: traceId, span_id: receiver.spans[0]?.spanId });
});

test.for([
  ["always_off", {}, 0],
  ["traceidratio", { OTEL_TRACES_SAMPLER_ARG: "0" }, 0],
  ["traceidratio", { OTEL_TRACES_SAMPLER_ARG: "1" }, 2],
  ["parentbased_always_off", {}, 1],
  ["always_on", {}, 2],
] as const)(
  "the sampler %s with %j takes %d of a root and a sampled child",
  async ([name, more, spans], { expect }) => {
    await using receiver = await startOtlpReceiver({ protocol: "grpc" });
    const env = { ...environment(receiver, "grpc"), OTEL_TRACES_SAMPLER: name, ...more };
    const { telemetry } = await startWith(env);
    telemetry.inSpan("root", {}, () => {});
    telemetry.inSpan("child", { headers: { traceparent } }, () => {});
    await telemetry[Symbol.asyncDispose]();
    expect(receiver.spans).toHaveLength(spans);
  },
);

test("without an endpoint nothing is recorded, but the caller's trace goes on", async ({ expect }) => {
  const { telemetry } = await startWith({});
  const headers: Record<string, string> = {};
  const isRecording = telemetry.inSpan("work", { headers: { traceparent } }, (span) => {
    telemetry.inject(headers);
    return span.isRecording();
  });
  await telemetry[Symbol.asyncDispose]();
  expect(isRecording).toBe(false);
  expect(headers["traceparent"]).toBe(traceparent);
});
