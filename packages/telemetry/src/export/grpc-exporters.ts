// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { type ChannelCredentials, credentials, Metadata } from "@grpc/grpc-js";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { OtlpTarget } from "../settings/otlp-target.ts";

export async function grpcMetricExporter(target: OtlpTarget): Promise<PushMetricExporter> {
  return new OTLPMetricExporter(await options(target));
}

export async function grpcSpanExporter(target: OtlpTarget): Promise<SpanExporter> {
  return new OTLPTraceExporter(await options(target));
}

async function options(target: OtlpTarget) {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(target.headers)) metadata.set(name, value);
  return {
    url: target.url,
    metadata,
    credentials: await channelCredentials(target),
    timeoutMillis: target.timeoutMs,
    compression: target.compression === "gzip" ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
  };
}

async function channelCredentials(target: OtlpTarget): Promise<ChannelCredentials> {
  if (target.url.startsWith("http://")) return credentials.createInsecure();
  const read = async (path: string | undefined): Promise<Buffer | null> =>
    path === undefined ? null : readFile(path);
  const [ca, key, certificate] = await Promise.all([
    read(target.caFile),
    read(target.keyFile),
    read(target.certificateFile),
  ]);
  return credentials.createSsl(ca, key, certificate);
}
