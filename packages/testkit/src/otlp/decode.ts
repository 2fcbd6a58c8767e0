// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from "@bufbuild/protobuf";
import {
  type AnyValue,
  ExportMetricsRequestSchema,
  ExportTraceRequestSchema,
  type HistogramPoint,
  type KeyValue,
  type Metric,
  type NumberPoint,
  type Resource,
  type Span,
  Temporality,
} from "../gen/otlp/v1/otlp_pb.ts";
import { OtlpError } from "./otlp-error.ts";
import { refuseUnknownFields } from "./unknown-fields.ts";

export type OtlpAttribute = string | number | boolean;
type Attributes = Readonly<Record<string, OtlpAttribute>>;

export interface OtlpPoint {
  readonly attributes: Attributes;
  /** Of a gauge or a sum; the sum of a histogram. */
  readonly value: number;
  readonly isInteger: boolean;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  /** Of a histogram. */
  readonly count?: number;
  readonly bounds?: readonly number[];
  readonly buckets?: readonly number[];
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: "gauge" | "counter" | "updown" | "histogram";
  readonly temporality?: "delta" | "cumulative";
  readonly scope: string;
  readonly points: readonly OtlpPoint[];
}

export interface OtlpSpan {
  readonly name: string;
  /** Hexadecimal, as `traceparent` writes them; `parentSpanId` is empty for a root. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly kind: number;
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly attributes: Attributes;
  readonly events: readonly string[];
}

export interface OtlpRequest {
  readonly signal: "metrics" | "traces";
  /** Of the request. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly isCompressed: boolean;
  readonly resource: Attributes;
  /** Those of both kinds; one list is empty. */
  readonly metrics: readonly OtlpMetric[];
  readonly spans: readonly OtlpSpan[];
}

export type Decoded = Pick<OtlpRequest, "resource" | "metrics" | "spans">;

/** @throws {OtlpError} on anything that a strict collector would not take, or would take in silence */
export function decodeMetrics(body: Uint8Array): Decoded {
  const message = decode(() => fromBinary(ExportMetricsRequestSchema, body));
  refuseUnknownFields(message);
  const all = message.resourceMetrics;
  const metrics = all.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, metrics }) => metrics.map((each) => toMetric(each, scope?.name ?? ""))),
  );
  return { resource: resourceOf(all.map((each) => each.resource)), metrics, spans: [] };
}

/** @throws {OtlpError} as {@link decodeMetrics} */
export function decodeTraces(body: Uint8Array): Decoded {
  const message = decode(() => fromBinary(ExportTraceRequestSchema, body));
  refuseUnknownFields(message);
  const all = message.resourceSpans;
  const spans = all.flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans.map(toSpan)));
  return { resource: resourceOf(all.map((each) => each.resource)), metrics: [], spans };
}

function decode<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new OtlpError(`the body is no protobuf of this request: ${String(error)}`, { cause: error });
  }
}

function resourceOf(resources: readonly (Resource | undefined)[]): Attributes {
  const [resource] = resources;
  if (resource === undefined || resources.length !== 1)
    throw new OtlpError("the request is not of one resource");
  return toAttributes(resource.attributes);
}

function toMetric(metric: Metric, scope: string): OtlpMetric {
  const { name, unit, description, data } = metric;
  if (!/^[a-zA-Z][\w./-]{0,254}$/.test(name)) throw new OtlpError(`the metric name "${name}" is not allowed`);
  const common = { name, unit, description, scope };
  switch (data.case) {
    case "gauge":
      return { ...common, kind: "gauge", points: data.value.dataPoints.map((point) => toPoint(name, point)) };
    case "sum":
      return {
        ...common,
        kind: data.value.isMonotonic ? "counter" : "updown",
        temporality: toTemporality(name, data.value.aggregationTemporality),
        points: data.value.dataPoints.map((point) => toPoint(name, point)),
      };
    case "histogram":
      return {
        ...common,
        kind: "histogram",
        temporality: toTemporality(name, data.value.aggregationTemporality),
        points: data.value.dataPoints.map((point) => toHistogramPoint(name, point)),
      };
    case undefined:
    default:
      throw new OtlpError(`${name} has no data`);
  }
}

function toPoint(name: string, point: NumberPoint): OtlpPoint {
  const { value } = point;
  if (value.case === undefined) throw new OtlpError(`a point of ${name} has no value`);
  return {
    ...timesOf(name, point),
    attributes: toAttributes(point.attributes),
    value: Number(value.value),
    isInteger: value.case === "asInt",
  };
}

function toHistogramPoint(name: string, point: HistogramPoint): OtlpPoint {
  const buckets = point.bucketCounts.map(Number);
  const count = Number(point.count);
  if (buckets.length !== point.explicitBounds.length + 1)
    throw new OtlpError(`${name} has not one bucket more than bounds`);
  if (buckets.reduce((sum, each) => sum + each, 0) !== count)
    throw new OtlpError(`the buckets of ${name} do not add up to its count`);
  return {
    ...timesOf(name, point),
    attributes: toAttributes(point.attributes),
    value: point.sum ?? 0,
    isInteger: false,
    count,
    bounds: point.explicitBounds,
    buckets,
  };
}

function toTemporality(name: string, temporality: Temporality): "delta" | "cumulative" {
  if (temporality === Temporality.DELTA) return "delta";
  if (temporality === Temporality.CUMULATIVE) return "cumulative";
  throw new OtlpError(`${name} does not say its temporality`);
}

function timesOf(name: string, point: { startTimeUnixNano: bigint; timeUnixNano: bigint }) {
  const { startTimeUnixNano: startNanos, timeUnixNano: endNanos } = point;
  if (endNanos === 0n || startNanos > endNanos)
    throw new OtlpError(`a point of ${name} ends before it starts`);
  return { startNanos, endNanos };
}

function toSpan(span: Span): OtlpSpan {
  if (span.traceId.length !== 16 || span.spanId.length !== 8)
    throw new OtlpError(`the ids of the span "${span.name}" are not 16 and 8 bytes long`);
  if (span.startTimeUnixNano === 0n || span.startTimeUnixNano > span.endTimeUnixNano)
    throw new OtlpError(`the span "${span.name}" ends before it starts`);
  return {
    name: span.name,
    traceId: Buffer.from(span.traceId).toString("hex"),
    spanId: Buffer.from(span.spanId).toString("hex"),
    parentSpanId: Buffer.from(span.parentSpanId).toString("hex"),
    kind: span.kind,
    statusCode: span.status?.code ?? 0,
    statusMessage: span.status?.message ?? "",
    attributes: toAttributes(span.attributes),
    events: span.events.map((event) => event.name),
  };
}

function toAttributes(pairs: readonly KeyValue[]): Attributes {
  const found: Record<string, OtlpAttribute> = {};
  for (const { key, value } of pairs) {
    if (key === "" || key in found) throw new OtlpError(`the attribute "${key}" is empty or doubled`);
    found[key] = toAttribute(key, value);
  }
  return found;
}

function toAttribute(key: string, value: AnyValue | undefined): OtlpAttribute {
  switch (value?.value.case) {
    case "stringValue":
    case "boolValue":
    case "doubleValue":
      return value.value.value;
    case "intValue":
      return Number(value.value.value);
    case "arrayValue":
    case "kvlistValue":
    case "bytesValue":
    case undefined:
    default:
      throw new OtlpError(`the attribute "${key}" has a value of a kind that our programs do not send`);
  }
}
