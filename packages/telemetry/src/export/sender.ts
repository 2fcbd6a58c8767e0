// SPDX-License-Identifier: Apache-2.0
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";

/** An exporter, and a way to cut off what it still sends when the deadline of the end has passed. */
interface Sender<Exporter> {
  readonly exporter: Exporter;
  readonly abort: () => void;
}

export type MetricSender = Sender<PushMetricExporter>;
export type SpanSender = Sender<SpanExporter>;
