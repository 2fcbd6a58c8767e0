// SPDX-License-Identifier: Apache-2.0
import { Code } from "@connectrpc/connect";
import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Logger } from "@repo/logging";
import { JobError } from "../job/errors.ts";
import { protocolName } from "./errors.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { CallEnd, CallObservation, CallStart } from "./rpc/rpc-options.ts";

export interface ObserveOptions {
  readonly metrics: ServerMetrics;
  readonly tracer: Tracer;
  readonly logger: Logger;
}

type Level = "debug" | "info" | "warn";

/** What an operator must hear of. Faults of the server itself are logged where they happen, with their stack. */
const levels: Readonly<Partial<Record<Code, Level>>> = {
  [Code.Unauthenticated]: "info",
  [Code.PermissionDenied]: "info",
  [Code.ResourceExhausted]: "warn",
  [Code.Unavailable]: "warn",
};

/** Measures, traces and logs each call. */
export function createObserver({
  metrics,
  tracer,
  logger,
}: ObserveOptions): (call: CallStart) => CallObservation {
  const measure = createMeasure(metrics);
  return (call) => {
    const { span, run } = startSpan(tracer, call);
    const measured = measure(call);
    return {
      ...(run !== undefined && { run }),
      end(end) {
        measured(end);
        endSpan(span, end);
        // Within the call's context, from which the logger takes the trace id.
        if (run === undefined) log(logger, call, end);
        else run(() => log(logger, call, end));
      },
    };
  };
}

/** The series of each method are looked up once: a call records in five of them. */
function createMeasure(metrics: ServerMetrics): (call: CallStart) => (end: CallEnd) => void {
  const seriesOf = remember((path: string) => {
    const [service = "", method = ""] = path.split("/");
    return {
      active: metrics.activeCalls.with({ "rpc.method": method }),
      requestSize: metrics.requestSize.with({ "rpc.method": method }),
      responseSize: metrics.responseSize.with({ "rpc.method": method }),
      duration: remember((code: string) =>
        metrics.callDuration.with({ "rpc.service": service, "rpc.method": method, "rpc.code": code }),
      ),
    };
  });
  return ({ method, service }) => {
    const { active, requestSize, responseSize, duration } = seriesOf(`${service}/${method}`);
    active.add(1);
    return ({ code, error, durationMs, requestBytes, responseBytes }) => {
      active.add(-1);
      duration(codeName(code)).record(durationMs);
      requestSize.record(requestBytes);
      responseSize.record(responseBytes);
      if (error?.cause instanceof JobError && error.cause.code === "lease_lost") {
        metrics.leasesLost.add(1, { method });
      }
    };
  };
}

function remember<T>(create: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const value = known.get(key) ?? create(key);
    known.set(key, value);
    return value;
  };
}

function codeName(code: Code | undefined): string {
  return code === undefined ? "ok" : protocolName(code);
}

/** Its parent is the caller's span, where it names one (W3C). `run` is left out where nobody would see the context. */
function startSpan(tracer: Tracer, call: CallStart): Pick<CallObservation, "run"> & { readonly span: Span } {
  const traceparent = call.header("traceparent");
  const tracestate = call.header("tracestate");
  const parent =
    traceparent === undefined
      ? ROOT_CONTEXT
      : propagation.extract(ROOT_CONTEXT, { traceparent, ...(tracestate !== undefined && { tracestate }) });
  const span = tracer.startSpan(
    `${call.service}/${call.method}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        "rpc.system": call.protocol === "connect" ? "connect_rpc" : "grpc",
        "rpc.service": call.service,
        "rpc.method": call.method,
      },
    },
    parent,
  );
  if (!span.isRecording() && traceparent === undefined) return { span };
  const active = trace.setSpan(parent, span);
  return { span, run: (work) => context.with(active, work) };
}

function endSpan(span: Span, { code, error, requestBytes, responseBytes }: CallEnd): void {
  if (span.isRecording()) {
    span.setAttributes({
      "rpc.request.size": requestBytes,
      "rpc.response.size": responseBytes,
      ...(code !== undefined && { "rpc.connect_rpc.error_code": protocolName(code) }),
    });
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.rawMessage });
  }
  span.end();
}

function log(logger: Logger, call: CallStart, end: CallEnd): void {
  const level = levelOf(end);
  if (!logger.isLevelEnabled(level)) return;
  const { service, method, protocol, peer } = call;
  const { error, subject, durationMs, requestBytes, responseBytes } = end;
  logger[level](
    {
      rpc: `/${service}/${method}`,
      code: codeName(end.code),
      protocol,
      peer,
      subject,
      durationMs: Math.round(durationMs * 10) / 10,
      requestBytes,
      responseBytes,
      ...(error !== undefined && { reason: error.rawMessage, ...causeOf(error.cause) }),
    },
    "call ended",
  );
}

function levelOf({ code, error }: CallEnd): Level {
  // Without a cause it is not the store that is away: this server is stopping, and ends all its streams.
  const isPlanned = code === Code.Unavailable && error?.cause === undefined;
  return code === undefined || isPlanned ? "debug" : (levels[code] ?? "debug");
}

/** What the client was not told: why a token is refused, what the store said. */
function causeOf(cause: unknown): { readonly err?: unknown } {
  if (!Error.isError(cause)) return {};
  // A refusal by the domain is its own sentence; its stack says nothing more.
  if (cause instanceof JobError && cause.cause === undefined) return {};
  return { err: cause.cause ?? cause };
}
