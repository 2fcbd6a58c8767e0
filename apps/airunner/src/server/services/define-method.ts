// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { Scope } from "../auth/caller.ts";
import type { CallContext, RpcMethod } from "../rpc/method.ts";

// A list of methods cannot keep their types; these functions check each handler against its method first.

export function unary<I extends DescMessage, O extends DescMessage>(
  desc: DescMethodUnary<I, O>,
  scope: Scope,
  handle: (request: MessageShape<I>, context: CallContext) => Promise<MessageInitShape<O>>,
): RpcMethod {
  return { kind: "unary", desc, scope, handle };
}

export function unaryBytes<I extends DescMessage, O extends DescMessage>(
  desc: DescMethodUnary<I, O>,
  scope: Scope,
  handle: (request: Uint8Array, context: CallContext) => Promise<MessageInitShape<O>>,
): RpcMethod {
  return {
    kind: "unary_bytes",
    desc,
    scope,
    handle,
  };
}

export function serverStream<I extends DescMessage, O extends DescMessage>(
  desc: DescMethodServerStreaming<I, O>,
  scope: Scope,
  handle: (request: MessageShape<I>, context: CallContext) => AsyncIterable<MessageInitShape<O>>,
): RpcMethod {
  return {
    kind: "server_stream",
    desc,
    scope,
    handle: handle as Extract<RpcMethod, { kind: "server_stream" }>["handle"],
  };
}

export function frameStream<I extends DescMessage, O extends DescMessage>(
  desc: DescMethodServerStreaming<I, O>,
  scope: Scope,
  handle: (request: MessageShape<I>, context: CallContext) => AsyncIterable<Uint8Array>,
): RpcMethod {
  return {
    kind: "frame_stream",
    desc,
    scope,
    handle: handle as Extract<RpcMethod, { kind: "frame_stream" }>["handle"],
  };
}

export function clientStreamBytes<I extends DescMessage, O extends DescMessage>(
  desc: DescMethodClientStreaming<I, O>,
  scope: Scope,
  handle: (messages: AsyncIterable<Uint8Array>, context: CallContext) => Promise<MessageInitShape<O>>,
): RpcMethod {
  return {
    kind: "client_stream_bytes",
    desc,
    scope,
    handle: handle as Extract<RpcMethod, { kind: "client_stream_bytes" }>["handle"],
  };
}
