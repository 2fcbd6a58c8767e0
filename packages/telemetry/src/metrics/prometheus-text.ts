// SPDX-License-Identifier: Apache-2.0
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import {
  DataPointType,
  type MetricData,
  type MetricProducer,
  MetricReader,
} from "@opentelemetry/sdk-metrics";
import { prometheusName } from "../instruments/prometheus-name.ts";

/** Collects when Prometheus asks. */
export class PullReader extends MetricReader {
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true);

  constructor(producer: MetricProducer) {
    super({ metricProducers: [producer] });
  }

  /**
   * The present values in Prometheus' text format. One that could not be read is missing.
   *
   * @param onError told once per value that could not be read
   */
  async text(onError: (error: unknown) => void): Promise<string> {
    const { resourceMetrics, errors } = await this.collect({ timeoutMillis: 10_000 });
    for (const error of errors) onError(error);
    const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map(renamed),
    }));
    return this.#serializer.serialize({ ...resourceMetrics, scopeMetrics });
  }

  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** The serialiser knows dots and `_total` but not the units' words, and writes a comment that the format lacks. */
function renamed(data: MetricData): MetricData {
  const { name, unit } = data.descriptor;
  const kind = kindOf(data);
  return {
    ...data,
    descriptor: { ...data.descriptor, name: prometheusName({ name, unit, kind }), unit: "" },
  };
}

function kindOf(data: MetricData): string {
  switch (data.dataPointType) {
    case DataPointType.SUM:
      return data.isMonotonic ? "counter" : "updown";
    case DataPointType.GAUGE:
      return "gauge";
    case DataPointType.HISTOGRAM:
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return "histogram";
    default:
      return data satisfies never;
  }
}
