// SPDX-License-Identifier: Apache-2.0
import {
  createOtlpNetworkExportDelegate,
  ExporterMetrics,
  OTLPExporterBase,
} from "@opentelemetry/otlp-exporter-base";
import {
  type IExporterMetricsHelper,
  type ISerializer,
  MetricsExporterMetricsHelper,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from "@opentelemetry/otlp-transformer";
import type { OtlpTarget } from "../settings/otlp-target.ts";
import { GrpcTransport } from "./grpc-transport.ts";
import type { MetricSender, SpanSender } from "./sender.ts";
import { readTlsFiles } from "./tls-files.ts";

const metricsPath = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const tracesPath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

export async function grpcMetricSender(target: OtlpTarget): Promise<MetricSender> {
  const transport = await createTransport(target, metricsPath);
  const exporter = new GrpcExporter(
    target,
    transport,
    ProtobufMetricsSerializer,
    MetricsExporterMetricsHelper,
  );
  return { exporter, abort: () => transport.abort() };
}

export async function grpcSpanSender(target: OtlpTarget): Promise<SpanSender> {
  const transport = await createTransport(target, tracesPath);
  const exporter = new GrpcExporter(target, transport, ProtobufTraceSerializer, TraceExporterMetricsHelper);
  return { exporter, abort: () => transport.abort() };
}

async function createTransport(target: OtlpTarget, path: string): Promise<GrpcTransport> {
  return new GrpcTransport({ ...target, path, tls: await readTlsFiles(target) });
}

/** OpenTelemetry's exporter and encoding with our transport, see {@link GrpcTransport} for why. */
class GrpcExporter<Batch, Response> extends OTLPExporterBase<Batch> {
  constructor(
    target: OtlpTarget,
    transport: GrpcTransport,
    serializer: ISerializer<Batch, Response>,
    metricsHelper: IExporterMetricsHelper<Batch>,
  ) {
    const metrics = new ExporterMetrics({
      componentType: "otlp_grpc_exporter",
      metricsHelper,
      url: target.url,
      meterProvider: undefined,
      responseAttributesFromError: () => ({}),
    });
    const options = {
      timeoutMillis: target.timeoutMs,
      concurrencyLimit: 30,
      compression: target.compression,
    };
    super(createOtlpNetworkExportDelegate(options, serializer, metrics, transport));
  }
}
