// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import type { Exchange } from "../listener/exchange.ts";
import type { BufferBudget } from "./buffer-budget.ts";
import { type Call, endError } from "./call.ts";
import type { RpcLimits } from "./rpc-options.ts";
import { type Envelope, EnvelopeReader, tooLarge } from "./wire/envelope.ts";
import { Pieces } from "./wire/pieces.ts";
import type { Wire } from "./wire/wire.ts";

const compressions = [compressionGzip, compressionBrotli];

export interface RequestBodyOptions {
  readonly exchange: Exchange;
  readonly wire: Wire;
  readonly call: Call;
  readonly limits: RpcLimits;
  readonly budget: BufferBudget;
}

/** Reads the messages of one request, within its limits. */
export class RequestBody {
  readonly #exchange: Exchange;
  readonly #wire: Wire;
  readonly #call: Call;
  readonly #limits: RpcLimits;
  readonly #budget: BufferBudget;
  #held = 0;
  #messageBytes = 0;

  constructor({ exchange, wire, call, limits, budget }: RequestBodyOptions) {
    this.#exchange = exchange;
    this.#wire = wire;
    this.#call = call;
    this.#limits = limits;
    this.#budget = budget;
  }

  /** Bytes of the messages so far. */
  get messageBytes(): number {
    return this.#messageBytes;
  }

  /** The request's only message. */
  async readOne(): Promise<Uint8Array> {
    const data = this.#wire.framing === "bare" ? await this.#readBare() : await this.#readOneEnvelope();
    this.#messageBytes = data.byteLength;
    return data;
  }

  /** The request's messages as they come. */
  async *readMany(): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = new EnvelopeReader(this.#limits.maxMessageBytes);
    const pieces: AsyncIterator<unknown> = this.#exchange.body.iterator({ destroyOnReturn: false });
    let begunMs = 0;
    for (;;) {
      const next = this.#nextPiece(pieces);
      const before = reader.waitingBytes;
      const piece = await this.#call.until(before === 0 ? next : this.#inTime(next, begunMs));
      if (piece.done === true) break;
      reader.push(toBytes(piece.value));
      let isBegun = before > 0;
      for (let envelope = reader.next(); envelope !== undefined; envelope = reader.next()) {
        const opened = this.#open(envelope);
        const message = opened instanceof Uint8Array ? opened : await opened;
        this.#messageBytes += message.byteLength;
        yield message;
        isBegun = false;
      }
      if (!isBegun) begunMs = performance.now();
      this.#hold(reader.waitingBytes - before);
    }
    this.#requireWhole();
    reader.end();
  }

  /** Gives back what was held. */
  release(): void {
    this.#hold(-this.#held);
  }

  async #readBare(): Promise<Uint8Array> {
    const { maxMessageBytes } = this.#limits;
    const promised = Number(this.#exchange.headers["content-length"] ?? 0);
    if (promised > maxMessageBytes) throw tooLarge(promised, maxMessageBytes);
    const pieces = new Pieces();
    await this.#readAll((piece) => {
      pieces.push(piece);
      if (pieces.length > maxMessageBytes) throw tooLarge(pieces.length, maxMessageBytes);
    });
    const data = pieces.take(pieces.length);
    return this.#encoding() === "" ? data : this.#decompress(data);
  }

  async #readOneEnvelope(): Promise<Uint8Array> {
    const reader = new EnvelopeReader(this.#limits.maxMessageBytes);
    let only: Envelope | undefined;
    await this.#readAll((piece) => {
      reader.push(piece);
      for (let envelope = reader.next(); envelope !== undefined; envelope = reader.next()) {
        if (only !== undefined) {
          throw new ConnectError(
            "The request has more than the one message of its method.",
            Code.Unimplemented,
          );
        }
        only = envelope;
      }
    });
    reader.end();
    if (only === undefined) throw new ConnectError("The request has no message.", Code.Unimplemented);
    return this.#open(only);
  }

  #open(envelope: Envelope): Promise<Uint8Array> | Uint8Array {
    if (!envelope.isCompressed) return envelope.data;
    if (this.#encoding() !== "") return this.#decompress(envelope.data);
    // The code that gRPC asks for.
    throw new ConnectError(
      `A message says that it is compressed, but the header ${this.#wire.encodingHeader} does not say how.`,
      Code.Internal,
    );
  }

  /** "" for none. @throws {ConnectError} `unimplemented` for one that we do not know */
  #encoding(): string {
    const name = this.#exchange.headers[this.#wire.encodingHeader];
    return typeof name === "string" && name !== "identity" ? name : "";
  }

  async #decompress(data: Uint8Array): Promise<Uint8Array> {
    const name = this.#encoding();
    const known = compressions.find((compression) => compression.name === name);
    if (known === undefined) {
      const names = compressions.map((compression) => compression.name).join(", ");
      const message = `The compression "${name}" is not known. Use one of ${names}, or none.`;
      throw new ConnectError(message, Code.Unimplemented, { [this.#wire.acceptHeader]: names });
    }
    try {
      return await known.decompress(new Uint8Array(data), this.#limits.maxMessageBytes);
    } catch (error) {
      if (error instanceof ConnectError && error.code === Code.ResourceExhausted) throw error;
      throw new ConnectError(
        `The request is not valid ${name}.`,
        Code.InvalidArgument,
        undefined,
        undefined,
        error,
      );
    }
  }

  /** Reads by events, which cost less than iteration; ends early when `take` throws, the time is over, or the call is. */
  async #readAll(take: (piece: Uint8Array) => void): Promise<void> {
    const { body } = this.#exchange;
    this.#call.throwIfEnded();
    // Node tells the end of an empty body at once, that is before authentication has taken its turn of the loop.
    if (body.readableEnded) return;
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        stopWaiting();
      };
      const fail = (error: Error): void => {
        stop();
        body.off("data", onData).off("end", onEnd).pause();
        reject(error);
      };
      const onData = (piece: Uint8Array): void => {
        try {
          this.#hold(piece.byteLength);
          take(piece);
        } catch (error) {
          fail(error instanceof Error ? error : new TypeError("not an error", { cause: error }));
        }
      };
      // Nothing comes after it, so its listeners may stay: on a stream of HTTP/2, to remove one costs as much as to add it.
      const onEnd = (): void => {
        stop();
        resolve();
      };
      const timer = setTimeout(() => fail(tooSlow(this.#limits.bodyMs)), this.#limits.bodyMs);
      // Hears of a client that leaves, too.
      const stopWaiting = this.#call.onEnd(fail);
      body.on("data", onData).on("end", onEnd);
    });
    this.#requireWhole();
  }

  /** A stream may be silent for as long as it likes, but not in the middle of a message, which is held until it is whole. */
  #inTime<T>(work: Promise<T>, begunMs: number): Promise<T> {
    const { bodyMs } = this.#limits;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(tooSlow(bodyMs)),
        Math.max(0, begunMs + bodyMs - performance.now()),
      );
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  /** A body fails in one way only: its client leaves. */
  async #nextPiece(pieces: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
    try {
      return await pieces.next();
    } catch {
      this.#call.end("cancelled");
      throw endError("cancelled");
    }
  }

  #requireWhole(): void {
    if (!this.#exchange.isBodyWhole) this.#call.end("cancelled");
    this.#call.throwIfEnded();
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#budget.hold(bytes);
  }
}

function tooSlow(bodyMs: number): ConnectError {
  return new ConnectError(`A message of the request did not arrive within ${bodyMs} ms.`, Code.Unavailable);
}

function toBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError("A body must come as bytes.");
}
