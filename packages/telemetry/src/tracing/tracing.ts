// SPDX-License-Identifier: Apache-2.0
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";

export interface SpanOptions {
  /** Default internal. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Headers of the request that caused this: its `traceparent` is the parent. Default: the span that is active here. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
}

/** `trace_id` and `span_id` of a log line. */
export type TraceFields = Readonly<Record<"trace_id" | "span_id", string>>;

/** Spans around pieces of work, and trace context that comes and goes with requests (W3C). */
export class Tracing {
  readonly tracer: Tracer;
  readonly #propagator: TextMapPropagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  });

  constructor(tracer: Tracer) {
    this.tracer = tracer;
    useAsyncContext();
  }

  /**
   * Runs `work` within a span, which ends with it; what it throws is recorded and marks the span as failed.
   * Without exports the span records nothing, but trace context still passes through.
   */
  inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => T): T {
    const parent = this.#parent(options.headers);
    const { kind, attributes } = options;
    const span = this.tracer.startSpan(
      name,
      { ...(kind !== undefined && { kind }), ...(attributes !== undefined && { attributes }) },
      parent,
    );
    return context.with(trace.setSpan(parent, span), () => endedBy(span, work));
  }

  /** Adds `traceparent`, `tracestate` and `baggage` of the active span to the headers of a request that goes out. */
  inject(headers: Record<string, string>): void {
    this.#propagator.inject(context.active(), headers, {
      set: (carrier, key, value) => {
        carrier[key] = value;
      },
    });
  }

  /** For the `context` option of `createLogger`. */
  logFields(): TraceFields | undefined {
    const active = trace.getSpanContext(context.active());
    return active === undefined ? undefined : { trace_id: active.traceId, span_id: active.spanId };
  }

  #parent(headers: SpanOptions["headers"]): Context {
    if (headers === undefined) return context.active();
    return this.#propagator.extract(ROOT_CONTEXT, headers, {
      keys: (carrier) => Object.keys(carrier),
      get: (carrier, key) => carrier[key],
    });
  }
}

function endedBy<T>(span: Span, work: (span: Span) => T): T {
  try {
    const result = work(span);
    if (!(result instanceof Promise)) {
      span.end();
      return result;
    }
    const observed = result.then(
      () => span.end(),
      (error: unknown) => fail(span, error),
    );
    void observed;
    return result;
  } catch (error) {
    fail(span, error);
    throw error;
  }
}

function fail(span: Span, error: unknown): void {
  const message = Error.isError(error) ? error.message : String(error);
  span.recordException(Error.isError(error) ? error : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.end();
}

let isContextSet = false;

/** Once per process: the API has one place for it, and it costs nothing until a span is active. */
function useAsyncContext(): void {
  if (isContextSet) return;
  isContextSet = true;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
}
