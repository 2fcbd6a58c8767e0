// SPDX-License-Identifier: Apache-2.0
import type { Code, ConnectError } from "@connectrpc/connect";
import type { Logger } from "@repo/logging";
import type { Caller } from "../auth/caller.ts";
import type { ExchangeHandler } from "../listener/exchange.ts";
import type { DrainPhase } from "../listener/listener-options.ts";
import type { RpcMethod } from "./method.ts";

export type RpcProtocol = "connect" | "grpc" | "grpc-web";

/** What one call may cost. */
export interface RpcLimits {
  /** One message, after decompression. */
  readonly maxMessageBytes: number;
  /** Bytes of requests under way that are held at a time, all clients together; as many of answers that wait to be read. */
  readonly maxBufferedBytes: number;
  /**
   * For the body of a request of one message, in milliseconds from the end of its headers, and for each message of a stream, from
   * its first byte. Streams of messages have no limit in all, nor between messages.
   */
  readonly bodyMs: number;
}

export const defaultRpcLimits: RpcLimits = {
  maxMessageBytes: 4 * 1024 * 1024,
  maxBufferedBytes: 256 * 1024 * 1024,
  bodyMs: 30_000,
};

/** A call as it begins, for metrics and traces. */
export interface CallStart {
  /** As "job.v1.JobService". */
  readonly service: string;
  /** As "EnqueueJob". */
  readonly method: string;
  readonly kind: RpcMethod["kind"];
  readonly protocol: RpcProtocol;
  readonly peer: string;
  /** A header of the request by its lower-case name (`traceparent`, …). */
  header(name: string): string | undefined;
}

export interface CallEnd {
  /** Undefined: success. */
  readonly code: Code | undefined;
  /** What the client was told, with its `cause`. */
  readonly error: ConnectError | undefined;
  /** "" where nobody was authenticated. */
  readonly subject: string;
  readonly durationMs: number;
  /** Serialised messages without envelopes; as far as they were read. */
  readonly requestBytes: number;
  /** Serialised messages; with envelopes for streams. */
  readonly responseBytes: number;
}

/** Hears of one call's end. */
export interface CallObservation {
  /** Runs the method (a span's context). */
  readonly run?: <T>(work: () => T) => T;
  end(end: CallEnd): void;
}

export interface RpcHandlerOptions {
  readonly methods: readonly RpcMethod[];
  /** Tells who calls from the `authorization` header; its error goes through `toError`, so it should become `unauthenticated`. */
  authenticate(authorization: string | undefined): Promise<Caller>;
  /**
   * What a client is told of whatever a method or `authenticate` threw, except of a ConnectError, which goes out as it is. Keep the
   * error as `cause`: errors of code `internal`, `unknown` and `data_loss` are logged with it.
   */
  toError(error: unknown): ConnectError;
  readonly limits?: Partial<RpcLimits>;
  /** Origins whose scripts may call, as "https://ci.example.org"; "*" is all of them. Default: none. */
  readonly corsOrigins?: readonly string[];
  readonly logger: Logger;
  observe?(call: CallStart): CallObservation | undefined;
}

export interface RpcHandler {
  /** Answers every request: unknown paths with 404, after authentication. */
  readonly handle: ExchangeHandler;
  /** For `onDrain` of the listener: `begin` ends server streams with `unavailable`, `deadline` every call. */
  drain(phase: DrainPhase): void;
}
