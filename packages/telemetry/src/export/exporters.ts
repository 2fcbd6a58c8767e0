// SPDX-License-Identifier: Apache-2.0
import type { OtlpTarget } from "../settings/otlp-target.ts";
import type { MetricSender, SpanSender } from "./sender.ts";

/**
 * The code of a protocol is loaded when it is used.
 *
 * @throws when a certificate file cannot be read
 */
export async function createMetricSender(target: OtlpTarget): Promise<MetricSender> {
  if (target.protocol === "grpc") return (await import("./grpc-exporters.ts")).grpcMetricSender(target);
  return (await import("./http-exporters.ts")).httpMetricSender(target);
}

/** @throws as {@link createMetricSender} */
export async function createSpanSender(target: OtlpTarget): Promise<SpanSender> {
  if (target.protocol === "grpc") return (await import("./grpc-exporters.ts")).grpcSpanSender(target);
  return (await import("./http-exporters.ts")).httpSpanSender(target);
}
