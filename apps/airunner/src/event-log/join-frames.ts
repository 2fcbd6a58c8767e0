// SPDX-License-Identifier: Apache-2.0
import type { LogEntry } from "./log-entry.ts";

/** Share of a piece of memory that a chunk must have to be a view of it: one that waits to be sent keeps it all alive. */
const smallestShare = 1 / 4;

/**
 * The frames of a page as one chunk to write. Frames that follow one another in memory, as those of a log in memory do,
 * are not copied where they are much of it: do not write into the chunk.
 */
export function joinFrames(entries: readonly LogEntry[]): Uint8Array {
  const first = entries[0]?.frame;
  if (first === undefined) return new Uint8Array();
  let length = 0;
  let isOneRun = true;
  for (const { frame } of entries) {
    isOneRun &&= frame.buffer === first.buffer && frame.byteOffset === first.byteOffset + length;
    length += frame.length;
  }
  if (isOneRun && length >= first.buffer.byteLength * smallestShare)
    return new Uint8Array(first.buffer, first.byteOffset, length);
  const chunk = new Uint8Array(length);
  let position = 0;
  for (const { frame } of entries) {
    chunk.set(frame, position);
    position += frame.length;
  }
  return chunk;
}
