// SPDX-License-Identifier: Apache-2.0
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { OtlpTarget } from "../settings/otlp-target.ts";

/** The exporters of a protocol are loaded when it is used: gRPC's take a megabyte of code. */
export async function createMetricExporter(target: OtlpTarget): Promise<PushMetricExporter> {
  if (target.protocol === "grpc") return (await import("./grpc-exporters.ts")).grpcMetricExporter(target);
  return (await import("./http-exporters.ts")).httpMetricExporter(target);
}

export async function createSpanExporter(target: OtlpTarget): Promise<SpanExporter> {
  if (target.protocol === "grpc") return (await import("./grpc-exporters.ts")).grpcSpanExporter(target);
  return (await import("./http-exporters.ts")).httpSpanExporter(target);
}
