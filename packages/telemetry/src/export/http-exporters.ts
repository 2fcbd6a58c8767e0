// SPDX-License-Identifier: Apache-2.0
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Socket } from "node:net";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import type { OtlpTarget } from "../settings/otlp-target.ts";
import type { MetricSender, SpanSender } from "./sender.ts";
import { readTlsFiles } from "./tls-files.ts";

export async function httpMetricSender(target: OtlpTarget): Promise<MetricSender> {
  const agent = await createAgent(target);
  return { exporter: new OTLPMetricExporter(options(target, agent)), abort: () => cutOff(agent) };
}

export async function httpSpanSender(target: OtlpTarget): Promise<SpanSender> {
  const agent = await createAgent(target);
  return { exporter: new OTLPTraceExporter(options(target, agent)), abort: () => cutOff(agent) };
}

async function createAgent(target: OtlpTarget): Promise<HttpAgent> {
  if (target.url.startsWith("http://")) return new HttpAgent({ keepAlive: true });
  return new HttpsAgent({ keepAlive: true, ...(await readTlsFiles(target)) });
}

/** Ends what is under way, and the tries that the exporter would make after that. */
function cutOff(agent: HttpAgent): void {
  agent.createConnection = () => new Socket().destroy(new Error("telemetry has ended"));
  agent.destroy();
}

function options(target: OtlpTarget, agent: HttpAgent) {
  return {
    url: target.url,
    headers: { ...target.headers },
    timeoutMillis: target.timeoutMs,
    compression: target.compression === "gzip" ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    httpAgentOptions: () => agent,
  };
}
