// SPDX-License-Identifier: MIT
import { MalformedError, maxDepth } from "./plain.ts";

/** What follows a head byte: bytes to pass over, or values. */
interface Head {
  /** Bytes after the head byte that belong to the value itself: its length field and its content. */
  readonly bytes: number;
  /** Values that follow. */
  readonly values: number;
}

/**
 * Walks over the heads of one MessagePack value, allocating nothing. The decoder believes every length it reads and
 * has no bound for depth: five bytes in it reserve room for a million items, and thousands of such heads may be nested.
 *
 * @throws {MalformedError} when it is cut short, too deep, or followed by something
 */
export function checkMessagePack(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values that are still to come, per level. */
  const pending = [1];
  let at = 0;
  while (pending.length > 0) {
    const left = pending.at(-1) ?? 0;
    if (left === 0) {
      pending.pop();
      continue;
    }
    pending[pending.length - 1] = left - 1;
    const head = readHead(view, at);
    at += 1 + head.bytes;
    // A value has at least one byte, so a count beyond the rest is a lie.
    if (at + head.values > bytes.length) throw cutShort();
    if (head.values === 0) continue;
    if (pending.length > maxDepth) throw new MalformedError(`is nested deeper than ${maxDepth} levels`);
    pending.push(head.values);
  }
  if (at < bytes.length) throw new MalformedError("is a MessagePack map with something after its end");
}

function readHead(view: DataView, at: number): Head {
  const byte = at < view.byteLength ? view.getUint8(at) : undefined;
  if (byte === undefined) throw cutShort();
  if (byte <= 0x7f || byte >= 0xe0) return { bytes: 0, values: 0 };
  if (byte <= 0x8f) return { bytes: 0, values: 2 * (byte & 0x0f) };
  if (byte <= 0x9f) return { bytes: 0, values: byte & 0x0f };
  if (byte <= 0xbf) return { bytes: byte & 0x1f, values: 0 };
  const width = lengthWidth.get(byte);
  if (width !== undefined) {
    const length = readLength(view, at + 1, width);
    if (byte >= 0xde) return { bytes: width, values: 2 * length };
    if (byte >= 0xdc) return { bytes: width, values: length };
    return { bytes: width + length + (byte >= 0xc7 && byte <= 0xc9 ? 1 : 0), values: 0 };
  }
  const fixed = fixedWidth.get(byte);
  if (fixed === undefined)
    throw new MalformedError(`holds the byte 0x${byte.toString(16)}, which MessagePack does not use`);
  return { bytes: fixed, values: 0 };
}

/** Bytes of the length field, by head byte: bin, ext, str, array, map. */
const lengthWidth = new Map<number, 1 | 2 | 4>([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xc7, 1],
  [0xc8, 2],
  [0xc9, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
  [0xdc, 2],
  [0xdd, 4],
  [0xde, 2],
  [0xdf, 4],
]);

/** Bytes of the content, by head byte: nil, booleans, floats, integers, extensions of a fixed size. */
const fixedWidth = new Map<number, number>([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
  [0xd4, 2],
  [0xd5, 3],
  [0xd6, 5],
  [0xd7, 9],
  [0xd8, 17],
]);

function readLength(view: DataView, at: number, width: 1 | 2 | 4): number {
  if (at + width > view.byteLength) throw cutShort();
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at) : view.getUint32(at);
}

function cutShort(): MalformedError {
  return new MalformedError("is a MessagePack map that is cut short");
}
