// SPDX-License-Identifier: Apache-2.0
import { captureLogs } from "@repo/logging/testing";
import { type OtlpReceiver, startOtlpReceiver } from "@repo/testkit/otlp";
import { startTelemetry } from "../../src/index.ts";
import { instruments } from "./instruments.ts";

export const protocols = ["grpc", "http/protobuf"] as const;
export type Protocol = (typeof protocols)[number];

export const key = "hcaik_01hq0000000000000000000000000000000000000000000000000000";

/** The variables of a user of Honeycomb, towards the receiver. Exports only happen on `flush` and at the end. */
export function environment(receiver: OtlpReceiver, protocol: Protocol): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_HEADERS: `x-honeycomb-team=${key}`,
    OTEL_METRIC_EXPORT_INTERVAL: "3600000",
    OTEL_BSP_SCHEDULE_DELAY: "3600000",
  };
}

/** Telemetry that sends to `receiver`, with what it logged. */
export async function startWith(env: Record<string, string>, flushDeadlineMs = 30_000) {
  const logs = captureLogs();
  const telemetry = await startTelemetry({
    serviceName: "test",
    serviceVersion: "1.2.3",
    env,
    instruments,
    logger: logs.logger,
    flushDeadlineMs,
  });
  return { telemetry, logs };
}

export { startOtlpReceiver };
