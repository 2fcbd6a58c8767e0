// SPDX-License-Identifier: Apache-2.0
import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Caller, Scope } from "../auth/caller.ts";

/** What a method knows of its call. */
export interface CallContext {
  readonly caller: Caller;
  /** Aborts when the client is gone, its deadline is over, or the server stops. */
  readonly signal: AbortSignal;
  /** Why it aborted, once it has: decides the error that the client sees. */
  readonly ended: () => "cancelled" | "deadline" | "draining" | undefined;
}

interface MethodBase {
  readonly desc: DescMethod;
  /** The scope that a caller needs. */
  readonly scope: Scope;
}

/** A request and a response. */
export interface UnaryMethod<I extends DescMessage = DescMessage, O extends DescMessage = DescMessage>
  extends MethodBase {
  readonly kind: "unary";
  handle(request: MessageShape<I>, context: CallContext): Promise<MessageInitShape<O>>;
}

/** As unary, but takes the serialised request as it came: where decoding it all would cost more than the call. */
export interface UnaryBytesMethod<O extends DescMessage = DescMessage> extends MethodBase {
  readonly kind: "unary_bytes";
  handle(request: Uint8Array, context: CallContext): Promise<MessageInitShape<O>>;
}

/** A request, then messages. Leaving the iteration early (client gone) runs the generator's `finally`. */
export interface ServerStreamMethod<I extends DescMessage = DescMessage, O extends DescMessage = DescMessage>
  extends MethodBase {
  readonly kind: "server_stream";
  handle(request: MessageShape<I>, context: CallContext): AsyncIterable<MessageInitShape<O>>;
}

/** As a server stream, but yields chunks of whole envelopes that are written as they are. */
export interface FrameStreamMethod<I extends DescMessage = DescMessage> extends MethodBase {
  readonly kind: "frame_stream";
  handle(request: MessageShape<I>, context: CallContext): AsyncIterable<Uint8Array>;
}

/** Serialised messages as they come, then a response. */
export interface ClientStreamMethod<O extends DescMessage = DescMessage> extends MethodBase {
  readonly kind: "client_stream_bytes";
  handle(messages: AsyncIterable<Uint8Array>, context: CallContext): Promise<MessageInitShape<O>>;
}

export type RpcMethod =
  | UnaryMethod
  | UnaryBytesMethod
  | ServerStreamMethod
  | FrameStreamMethod
  | ClientStreamMethod;
