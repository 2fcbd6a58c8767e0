// SPDX-License-Identifier: Apache-2.0

/** A shorter piece is copied: an object of its own costs up to two hundred times its length. */
const smallBytes = 1024;

/** Small pieces are put together in blocks of this length. */
const blockBytes = 16_384;

/**
 * Bytes that wait for the rest of their message. However small the pieces are in which a client sends them, they take
 * little more memory than they have bytes. What was taken is a view where it can be, and stays as it is.
 */
export class Pieces {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;
  /** Free behind the end of the last piece, where that stands in it. */
  #block: ArrayBufferLike | undefined;

  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    this.#length += piece.byteLength;
    if (this.#extendLast(piece)) return;
    // Most messages come in one piece, which is not copied.
    const isAlone = this.#pieces.length === 0;
    this.#pieces.push(isAlone || piece.byteLength >= smallBytes ? piece : this.#openBlock(piece));
  }

  /** At least the first `length` bytes, of which there must be so many. */
  peek(length: number): Uint8Array {
    const [first] = this.#pieces;
    return first !== undefined && first.byteLength >= length ? first : this.#join();
  }

  /** Takes the first `length` bytes out, of which there must be so many. */
  take(length: number): Uint8Array {
    const from = this.peek(length);
    const rest = from.subarray(length);
    if (rest.byteLength === 0) this.#pieces.shift();
    else this.#pieces[0] = rest;
    this.#length -= length;
    return from.subarray(0, length);
  }

  /** Puts the piece behind the last one, if that stands in the open block and there is room. */
  #extendLast(piece: Uint8Array): boolean {
    const last = this.#pieces.at(-1);
    if (last === undefined || last.buffer !== this.#block) return false;
    const end = last.byteOffset + last.byteLength;
    if (end + piece.byteLength > last.buffer.byteLength) return false;
    new Uint8Array(last.buffer, end).set(piece);
    this.#pieces[this.#pieces.length - 1] = Buffer.from(
      last.buffer,
      last.byteOffset,
      last.byteLength + piece.byteLength,
    );
    return true;
  }

  #openBlock(piece: Uint8Array): Uint8Array {
    const block = Buffer.allocUnsafeSlow(blockBytes);
    this.#block = block.buffer;
    block.set(piece);
    return block.subarray(0, piece.byteLength);
  }

  /** Makes one piece of all. */
  #join(): Uint8Array {
    const joined = Buffer.concat(this.#pieces, this.#length);
    this.#pieces.splice(0, this.#pieces.length, joined);
    return joined;
  }
}
