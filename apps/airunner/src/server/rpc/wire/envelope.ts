// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { Pieces } from "./pieces.ts";

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
  readonly #pieces = new Pieces();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that wait for the rest of their envelope. */
  get waitingBytes(): number {
    return this.#pieces.length;
  }

  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  /**
   * @returns the next whole envelope, or nothing until more has been pushed
   * @throws {ConnectError} `resource_exhausted` for one above the limit, `invalid_argument` for flags that no request has
   */
  next(): Envelope | undefined {
    if (this.waitingBytes < headBytes) return undefined;
    const head = this.#pieces.peek(headBytes);
    const flags = head[0] ?? 0;
    if (flags > compressedFlag) {
      throw new ConnectError(`The flags ${flags} of an envelope are not known.`, Code.InvalidArgument);
    }
    const length = new DataView(head.buffer, head.byteOffset, headBytes).getUint32(1);
    if (length > this.#maxBytes) throw tooLarge(length, this.#maxBytes);
    if (this.waitingBytes < headBytes + length) return undefined;
    return {
      isCompressed: flags === compressedFlag,
      data: this.#pieces.take(headBytes + length).subarray(headBytes),
    };
  }

  /** @throws {ConnectError} `invalid_argument` if the body ended within an envelope */
  end(): void {
    if (this.waitingBytes === 0) return;
    throw new ConnectError("The request ends in the middle of an envelope.", Code.InvalidArgument);
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
