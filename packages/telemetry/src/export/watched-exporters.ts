// SPDX-License-Identifier: Apache-2.0
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import type { PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";

type OnFailure = (error: unknown) => void;

/** An exporter whose failures are told; the SDK itself only gives them to a global logger. */
export function watchMetricExporter(exporter: PushMetricExporter, onFailure: OnFailure): PushMetricExporter {
  return {
    export: (metrics: ResourceMetrics, done) => exporter.export(metrics, watched(done, onFailure)),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    ...(exporter.selectAggregation !== undefined && {
      selectAggregation: exporter.selectAggregation.bind(exporter),
    }),
    ...(exporter.selectAggregationTemporality !== undefined && {
      selectAggregationTemporality: exporter.selectAggregationTemporality.bind(exporter),
    }),
  };
}

export function watchSpanExporter(exporter: SpanExporter, onFailure: OnFailure): SpanExporter {
  return {
    export: (spans: ReadableSpan[], done) => exporter.export(spans, watched(done, onFailure)),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

function watched(done: (result: ExportResult) => void, onFailure: OnFailure): (result: ExportResult) => void {
  return (result) => {
    if (result.code !== ExportResultCode.SUCCESS) onFailure(result.error ?? "no reason given");
    done(result);
  };
}
