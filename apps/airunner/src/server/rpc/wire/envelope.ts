// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";

/** One message of a stream as it came. */
export interface Envelope {
  readonly isCompressed: boolean;
  readonly data: Uint8Array;
}

/** Flags and length. */
const headBytes = 5;

const compressedFlag = 0b1;

/**
 * Takes envelopes (flags, length, bytes) apart as their pieces arrive. A length above the limit is refused when its five bytes are
 * there, before anything of the message is kept. Messages are views of the pieces where they can be: copy what is to stay.
 */
export class EnvelopeReader {
  readonly #maxBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that wait for the rest of their envelope. */
  get waitingBytes(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.byteLength;
  }

  /**
   * @returns the next whole envelope, or nothing until more has been pushed
   * @throws {ConnectError} `resource_exhausted` for one above the limit, `invalid_argument` for flags that no request has
   */
  next(): Envelope | undefined {
    if (this.#length < headBytes) return undefined;
    const head = this.#peekHead();
    const flags = head[0] ?? 0;
    if (flags > compressedFlag) {
      throw new ConnectError(`The flags ${flags} of an envelope are not known.`, Code.InvalidArgument);
    }
    const length = new DataView(head.buffer, head.byteOffset, headBytes).getUint32(1);
    if (length > this.#maxBytes) throw tooLarge(length, this.#maxBytes);
    if (this.#length < headBytes + length) return undefined;
    return {
      isCompressed: flags === compressedFlag,
      data: this.#take(headBytes + length).subarray(headBytes),
    };
  }

  /** @throws {ConnectError} `invalid_argument` if the body ended within an envelope */
  end(): void {
    if (this.#length === 0) return;
    throw new ConnectError("The request ends in the middle of an envelope.", Code.InvalidArgument);
  }

  #peekHead(): Uint8Array {
    const [first] = this.#pieces;
    if (first !== undefined && first.byteLength >= headBytes) return first;
    return this.#join();
  }

  #take(bytes: number): Uint8Array {
    const [first] = this.#pieces;
    const from = first !== undefined && first.byteLength >= bytes ? first : this.#join();
    const rest = from.subarray(bytes);
    if (rest.byteLength === 0) this.#pieces.shift();
    else this.#pieces[0] = rest;
    this.#length -= bytes;
    return from.subarray(0, bytes);
  }

  /** Makes one piece of all. */
  #join(): Uint8Array {
    const joined = Buffer.concat(this.#pieces);
    this.#pieces.splice(0, this.#pieces.length, joined);
    return joined;
  }
}

export function toEnvelope(data: Uint8Array, flags = 0): Uint8Array {
  const bytes = Buffer.allocUnsafe(headBytes + data.byteLength);
  bytes.writeUInt8(flags, 0);
  bytes.writeUInt32BE(data.byteLength, 1);
  bytes.set(data, headBytes);
  return bytes;
}

/** Rewrites each message in a chunk of whole envelopes. */
export function mapEnvelopes(chunk: Uint8Array, rewrite: (data: Uint8Array) => Uint8Array): Uint8Array {
  const reader = new EnvelopeReader(Number.MAX_SAFE_INTEGER);
  reader.push(chunk);
  const rewritten: Uint8Array[] = [];
  for (let envelope = reader.next(); envelope !== undefined; envelope = reader.next()) {
    rewritten.push(toEnvelope(rewrite(envelope.data)));
  }
  if (reader.waitingBytes > 0) throw new TypeError("A chunk of frames ends in the middle of one.");
  return Buffer.concat(rewritten);
}

export function tooLarge(bytes: number, maxBytes: number): ConnectError {
  return new ConnectError(
    `A message of ${bytes} bytes is too large: the limit is ${maxBytes} bytes. Send less at a time.`,
    Code.ResourceExhausted,
  );
}
