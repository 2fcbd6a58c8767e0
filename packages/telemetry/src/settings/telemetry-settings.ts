// SPDX-License-Identifier: Apache-2.0

import { EnvReader } from "./env-reader.ts";
import type { Environment } from "./environment.ts";
import { type OtlpTarget, readOtlpTarget } from "./otlp-target.ts";
import { readSampler, type SamplerSettings } from "./sampler-settings.ts";

/** What the OTEL_* variables say. */
export interface TelemetrySettings {
  /** Absent: nothing is sent. */
  readonly traces?: OtlpTarget;
  readonly metrics?: OtlpTarget;
  readonly sampler: SamplerSettings;
  readonly serviceName?: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  /** Milliseconds between two exports of metrics; 10 000, as the original's. */
  readonly metricIntervalMs: number;
  readonly temporality: Temporality;
  readonly spanDelayMs: number;
  readonly spanQueueSize: number;
  readonly spanBatchSize: number;
  /** One sentence for each variable that was left out, without its value. */
  readonly problems: readonly string[];
}

export type Temporality = "cumulative" | "delta" | "lowmemory";

/**
 * Reads the OTEL_* variables. A variable that cannot be used is left out, as OpenTelemetry asks for, and named in
 * `problems`: a mistake in telemetry is no reason not to serve.
 */
export function readTelemetrySettings(env: Environment): TelemetrySettings {
  const reader = new EnvReader(env);
  const serviceName = reader.text("OTEL_SERVICE_NAME");
  const isDisabled = reader.isTrue("OTEL_SDK_DISABLED");
  const traces = isDisabled ? undefined : readOtlpTarget(reader, "traces");
  const metrics = isDisabled ? undefined : readOtlpTarget(reader, "metrics");
  const spanQueueSize = reader.integer("OTEL_BSP_MAX_QUEUE_SIZE", 1, 1_000_000) ?? 2048;
  return {
    ...(traces !== undefined && { traces }),
    ...(metrics !== undefined && { metrics }),
    sampler: readSampler(reader),
    ...(serviceName !== undefined && { serviceName }),
    resourceAttributes: reader.pairs("OTEL_RESOURCE_ATTRIBUTES"),
    metricIntervalMs: reader.integer("OTEL_METRIC_EXPORT_INTERVAL", 100, 86_400_000) ?? 10_000,
    temporality:
      reader.choice("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", [
        "cumulative",
        "delta",
        "lowmemory",
      ]) ?? "cumulative",
    spanDelayMs: reader.integer("OTEL_BSP_SCHEDULE_DELAY", 1, 3_600_000) ?? 5000,
    spanQueueSize,
    spanBatchSize: Math.min(
      reader.integer("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, 100_000) ?? 512,
      spanQueueSize,
    ),
    problems: reader.problems,
  };
}

/** The values of headers that are sent with exports: keys of services, which no log line may hold. */
export function telemetrySecrets(env: Environment): readonly string[] {
  const { traces, metrics } = readTelemetrySettings(env);
  return [...new Set([traces, metrics].flatMap((target) => Object.values(target?.headers ?? {})))];
}
