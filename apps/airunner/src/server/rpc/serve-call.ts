// SPDX-License-Identifier: Apache-2.0
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import type { Exchange } from "../listener/exchange.ts";
import type { BufferBudget } from "./buffer-budget.ts";
import type { Call } from "./call.ts";
import { frameEncoder } from "./frame-encoder.ts";
import type { RpcMethod } from "./method.ts";
import type { RequestBody } from "./request-body.ts";
import { toEnvelope } from "./wire/envelope.ts";
import type { Wire } from "./wire/wire.ts";

/** A stream that has had nothing to say for this long shows its head, so that clients and proxies know it is there; milliseconds. */
const quietMs = 100;

const shortAnswerBytes = 16_384;

export interface ServedCall {
  readonly method: RpcMethod;
  readonly exchange: Exchange;
  readonly wire: Wire;
  readonly call: Call;
  readonly body: RequestBody;
  /** Runs code of the method, in the context of its span. */
  run<T>(work: () => T): T;
  /** Whether the head of a stream was sent: decides how an error is told. */
  isStarted: boolean;
  responseBytes: number;
  /** Of an answer that is in memory until its client has taken it. */
  readonly answers: BufferBudget;
  /** Bytes counted in `answers`, to be given back once the exchange is closed. */
  answerBytes: number;
}

/** Runs the method and sends its answer, except for errors, which are thrown. */
export async function serveCall(served: ServedCall): Promise<void> {
  const { method, call, body, wire } = served;
  const { input } = method.desc;
  switch (method.kind) {
    case "unary": {
      const request = wire.codec.decode(input, await body.readOne());
      return answer(served, await call.until(served.run(() => method.handle(request, call))));
    }
    case "unary_bytes": {
      const request = wire.codec.toBytes(input, await body.readOne());
      return answer(served, await call.until(served.run(() => method.handle(request, call))));
    }
    case "client_stream_bytes": {
      const messages = wire.codec.name === "proto" ? body.readMany() : toBytesOf(served, body.readMany());
      return answer(served, await call.until(served.run(() => method.handle(messages, call))));
    }
    case "server_stream": {
      const request = wire.codec.decode(input, await body.readOne());
      const encode = (message: MessageInitShape<DescMessage>): Uint8Array =>
        toEnvelope(wire.codec.encode(method.desc.output, message));
      return sendStream(
        served,
        served.run(() => method.handle(request, call)),
        encode,
      );
    }
    case "frame_stream": {
      const request = wire.codec.decode(input, await body.readOne());
      return sendStream(
        served,
        served.run(() => method.handle(request, call)),
        frameEncoder(wire.codec, method.desc.output, () => call.ended() === undefined),
      );
    }
  }
}

function answer(served: ServedCall, message: MessageInitShape<DescMessage>): void {
  const bytes = served.wire.codec.encode(served.method.desc.output, message);
  served.responseBytes = bytes.byteLength;
  holdAnswer(served, bytes.byteLength);
  served.wire.answer(served.exchange, bytes);
}

/** A client need not read: what one leaves lying must not take the memory of all. Short answers cost no more than their calls. */
function holdAnswer(served: ServedCall, bytes: number): void {
  if (bytes <= shortAnswerBytes || served.exchange.isClosed) return;
  served.answerBytes = bytes;
  served.answers.hold(bytes);
}

async function* toBytesOf(
  { wire, method }: ServedCall,
  messages: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const message of messages) yield wire.codec.toBytes(method.desc.input, message);
}

/**
 * Pulls one message at a time, and the next only when there is room for it. So a method knows by being resumed after a `yield` that
 * the message went out; if it is not, its `finally` runs: the message may not have arrived.
 */
async function sendStream<T>(
  served: ServedCall,
  messages: AsyncIterable<T>,
  encode: (message: T) => Uint8Array | Promise<Uint8Array>,
): Promise<void> {
  const { call, exchange } = served;
  const iterator = messages[Symbol.asyncIterator]();
  const quiet = setTimeout(() => start(served), quietMs);
  let isDone = false;
  try {
    for (;;) {
      const next = await call.until(served.run(() => iterator.next()));
      if (next.done === true) break;
      start(served);
      const encoded = encode(next.value);
      const bytes = encoded instanceof Uint8Array ? encoded : await call.until(encoded);
      served.responseBytes += bytes.byteLength;
      const room = exchange.write(bytes);
      if (room !== undefined) await call.until(room);
    }
    isDone = true;
    start(served);
    served.wire.end(exchange);
  } finally {
    clearTimeout(quiet);
    if (!isDone) leave(iterator);
  }
}

function start(served: ServedCall): void {
  if (served.isStarted) return;
  served.isStarted = true;
  served.wire.start(served.exchange);
}

/** Runs the generator's `finally`, for which nobody waits; after an error of its own there is nothing left to run. */
function leave(iterator: AsyncIterator<unknown>): void {
  void Promise.try(() => iterator.return?.()).catch(() => {});
}
