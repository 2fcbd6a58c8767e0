// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { type Meter, type Span, type Tracer, trace } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { createMetricSender, createSpanSender } from "./export/exporters.ts";
import { FailureWarner, type TelemetryLogger } from "./export/failure-warner.ts";
import { watchMetricExporter, watchSpanExporter } from "./export/watched-exporters.ts";
import type { InstrumentTable } from "./instruments/define-instruments.ts";
import { createRecorders, type Recorders } from "./instruments/recorders.ts";
import { PullReader } from "./metrics/prometheus-text.ts";
import { RecorderProducer } from "./metrics/recorder-producer.ts";
import { serviceResource } from "./resource.ts";
import type { Environment } from "./settings/environment.ts";
import {
  readTelemetrySettings,
  type TelemetrySettings,
  telemetrySecrets,
} from "./settings/telemetry-settings.ts";
import { createSampler } from "./tracing/sampler.ts";
import { type SpanOptions, type TraceFields, Tracing } from "./tracing/tracing.ts";

export interface TelemetryOptions<T extends InstrumentTable> {
  /** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over it. */
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** Where the OTEL_* variables are; `process.env` in a composition root. */
  readonly env: Environment;
  /** The app's table, see {@link defineInstruments}. */
  readonly instruments: T;
  /** Name of the meter and the tracer; default `serviceName`. */
  readonly scope?: string;
  /** Takes warnings: a variable that cannot be used, an export that fails (once a minute at most). */
  readonly logger?: TelemetryLogger;
  /** Milliseconds that the last export may take when this is disposed; default 5 000. */
  readonly flushDeadlineMs?: number;
}

/** Running telemetry. Dispose it last: that sends what is left, within the deadline. */
export interface Telemetry<T extends InstrumentTable> extends AsyncDisposable {
  /** One typed recorder for each instrument of the app's table. */
  readonly metrics: Recorders<T>;
  /** For libraries that bring their own instruments; what they record here costs 0.6 µs. */
  readonly meter: Meter;
  readonly tracer: Tracer;
  /** The present values of all instruments in Prometheus' text format, version 0.0.4. */
  prometheusText(): Promise<string>;
  /** @see Tracing.inSpan */
  inSpan<R>(name: string, options: SpanOptions, work: (span: Span) => R): R;
  /** @see Tracing.inject */
  inject(headers: Record<string, string>): void;
  /** @see Tracing.logFields */
  logFields(): TraceFields | undefined;
  /** Sends what there is now; for tests and short-lived programs. */
  flush(): Promise<void>;
}

/**
 * Sets OpenTelemetry up: metrics for `prometheusText`, and metrics and spans to where the OTEL_EXPORTER_OTLP_*
 * variables say; without an endpoint nothing is sent. It never fails for a wrong variable or an absent receiver.
 */
export async function startTelemetry<const T extends InstrumentTable>(
  options: TelemetryOptions<T>,
): Promise<Telemetry<T>> {
  const { env, logger, scope = options.serviceName, flushDeadlineMs = 5000 } = options;
  const settings = readTelemetrySettings(env);
  for (const problem of settings.problems) logger?.warn({}, problem);
  const warner = new FailureWarner({ logger, secrets: telemetrySecrets(env), now: () => performance.now() });
  const resource = serviceResource({ ...options, instanceId: randomUUID() }, settings);
  const metrics = createRecorders(options.instruments);
  const producer = (temporality: TelemetrySettings["temporality"]): RecorderProducer =>
    new RecorderProducer({
      recorders: metrics,
      resource,
      scope: { name: scope, version: options.serviceVersion },
      temporality,
      startedAtMs: Date.now(),
    });
  const pull = new PullReader(producer("cumulative"));
  const push = await startPush(settings, producer(settings.temporality), warner);
  const meterProvider = new MeterProvider({
    resource,
    readers: push === undefined ? [pull] : [pull, push.reader],
  });
  const traces = await startTraces(settings, resource, warner);
  const tracing = new Tracing(traces.provider.getTracer(scope, options.serviceVersion));
  const end = once(() =>
    withDeadline(Promise.allSettled([traces.provider.shutdown(), meterProvider.shutdown()]), {
      ms: flushDeadlineMs,
      onLate: () => {
        warner.warn(`The last telemetry was not all sent within ${flushDeadlineMs} ms`, "deadline passed");
        traces.abort();
        push?.abort();
      },
    }),
  );
  return {
    metrics,
    meter: meterProvider.getMeter(scope, options.serviceVersion),
    tracer: tracing.tracer,
    prometheusText: () => pull.text((error) => warner.warn("A metric could not be read", error)),
    inSpan: (name, spanOptions, work) => tracing.inSpan(name, spanOptions, work),
    inject: (headers) => tracing.inject(headers),
    logFields: () => tracing.logFields(),
    flush: async () =>
      void (await Promise.allSettled([traces.provider.forceFlush(), meterProvider.forceFlush()])),
    [Symbol.asyncDispose]: end,
  };
}

async function startPush(
  { metrics: target, metricIntervalMs }: TelemetrySettings,
  producer: RecorderProducer,
  warner: FailureWarner,
): Promise<Push | undefined> {
  if (target === undefined) return undefined;
  const failed = `Metrics could not be sent to ${target.url}`;
  try {
    const { exporter, abort } = await createMetricSender(target);
    const reader = new PeriodicExportingMetricReader({
      exporter: watchMetricExporter(exporter, (error) => warner.warn(failed, error)),
      exportIntervalMillis: metricIntervalMs,
      exportTimeoutMillis: Math.min(metricIntervalMs, target.timeoutMs),
      metricProducers: [producer],
    });
    return { reader, abort };
  } catch (error) {
    warner.warn(failed, error);
    return undefined;
  }
}

interface Push {
  readonly reader: PeriodicExportingMetricReader;
  readonly abort: () => void;
}

interface Traces {
  readonly provider: Pick<TracerProvider, "getTracer" | "forceFlush" | "shutdown">;
  readonly abort: () => void;
}

async function startTraces(
  settings: TelemetrySettings,
  resource: Resource,
  warner: FailureWarner,
): Promise<Traces> {
  const { traces: target } = settings;
  if (target === undefined) return noTraces();
  const failed = `Spans could not be sent to ${target.url}`;
  try {
    const { exporter, abort } = await createSpanSender(target);
    const processor = new BatchSpanProcessor({
      exporter: watchSpanExporter(exporter, (error) => warner.warn(failed, error)),
      scheduledDelayMillis: settings.spanDelayMs,
      maxQueueSize: settings.spanQueueSize,
      maxExportBatchSize: settings.spanBatchSize,
      exportTimeoutMillis: target.timeoutMs,
    });
    const sampler = createSampler(settings.sampler);
    return { provider: new TracerProvider({ resource, sampler, spanProcessors: [processor] }), abort };
  } catch (error) {
    warner.warn(failed, error);
    return noTraces();
  }
}

/** Its spans hand the caller's trace on as it came: the API's own tracer, as nobody gives it another. */
function noTraces(): Traces {
  const nothing = async (): Promise<void> => {};
  const provider: Traces["provider"] = {
    getTracer: (name, version) => trace.getTracer(name, version),
    forceFlush: nothing,
    shutdown: nothing,
  };
  return { provider, abort: () => {} };
}

/** Settles with `work`, or after `ms` once `onLate` has run. */
async function withDeadline(
  work: Promise<unknown>,
  { ms, onLate }: { readonly ms: number; readonly onLate: () => void },
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    onLate();
    resolve();
  }, ms);
  await Promise.race([work, late]);
  clearTimeout(timer);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
