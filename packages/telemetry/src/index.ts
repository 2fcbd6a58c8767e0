// SPDX-License-Identifier: Apache-2.0
export { SpanKind } from "@opentelemetry/api";
export type { TelemetryLogger } from "./export/failure-warner.ts";
export type {
  HistogramDeclaration,
  InstrumentDeclaration,
  InstrumentTable,
  LabelValue,
  LabelValues,
  ScalarDeclaration,
} from "./instruments/define-instruments.ts";
export { defineInstruments } from "./instruments/define-instruments.ts";
export { instrumentsTable } from "./instruments/instruments-table.ts";
export type { ObserveCallback } from "./instruments/observers.ts";
export { prometheusName } from "./instruments/prometheus-name.ts";
export type {
  BoundCounter,
  BoundUpDown,
  BoundValueRecorder,
  Counter,
  LabelsOf,
  Observable,
  Recorders,
  UpDown,
  ValueRecorder,
} from "./instruments/recorders.ts";
export { createRecorders } from "./instruments/recorders.ts";
export { telemetrySecrets } from "./settings/telemetry-settings.ts";
export type { Telemetry, TelemetryOptions } from "./start-telemetry.ts";
export { startTelemetry } from "./start-telemetry.ts";
export type { SpanOptions, TraceFields } from "./tracing/tracing.ts";
