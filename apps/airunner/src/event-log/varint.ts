// SPDX-License-Identifier: Apache-2.0

/** Bytes of a number as a protobuf varint: 1 to 8. `value` is from 0 to 2^53 - 1. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/** Writes a varint at `at`. @returns the position behind it */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let position = at;
  let rest = value;
  while (rest >= 0x80) {
    target[position++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  target[position++] = rest;
  return position;
}

/** Reads varints one after another out of a part of some bytes, and never past its end. */
export class VarintReader {
  readonly bytes: Uint8Array;
  position: number;
  /** Exclusive; within `bytes`. */
  end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** @returns the next varint; -1 where it is cut off, negative, or above 2^53 - 1 */
  next(): number {
    const { bytes, end } = this;
    let value = 0;
    let factor = 1;
    for (let position = this.position; position < end; position++) {
      const byte = bytes[position] ?? 0;
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) return -1;
      if (byte < 0x80) {
        this.position = position + 1;
        return value;
      }
      factor *= 0x80;
    }
    return -1;
  }

  /** Reads the length of a part that follows. @returns its end; -1 where it would pass the end of this one */
  nextEnd(): number {
    const length = this.next();
    if (length < 0 || length > this.end - this.position) return -1;
    return this.position + length;
  }
}
