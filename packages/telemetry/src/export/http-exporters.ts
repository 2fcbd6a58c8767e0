// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { OtlpTarget } from "../settings/otlp-target.ts";

export async function httpMetricExporter(target: OtlpTarget): Promise<PushMetricExporter> {
  return new OTLPMetricExporter(await options(target));
}

export async function httpSpanExporter(target: OtlpTarget): Promise<SpanExporter> {
  return new OTLPTraceExporter(await options(target));
}

async function options(target: OtlpTarget) {
  return {
    url: target.url,
    headers: { ...target.headers },
    timeoutMillis: target.timeoutMs,
    compression: target.compression === "gzip" ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    httpAgentOptions: { keepAlive: true, ...(await tlsFiles(target)) },
  };
}

async function tlsFiles({ caFile, certificateFile, keyFile }: OtlpTarget) {
  return {
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
    ...(certificateFile !== undefined && { cert: await readFile(certificateFile) }),
    ...(keyFile !== undefined && { key: await readFile(keyFile) }),
  };
}
