// SPDX-License-Identifier: Apache-2.0

const LINE_FEED = 10;

/** Longest line kept, in bytes; rclone's statistics name up to a transfer and a checker per line. */
const MAX_LINE_BYTES = 1024 * 1024;

export interface LineSplitter {
  push(chunk: Uint8Array): void;
  /** Hands over what follows the last line break. */
  end(): void;
}

/**
 * Cuts a byte stream into lines, whatever its chunks; holds at most one line.
 *
 * A line longer than `maxBytes` is cut there. Lines are decoded as UTF-8 once whole, so that a character split
 * between two chunks survives. Empty lines are handed over too; line breaks are not.
 */
export function createLineSplitter(onLine: (line: string) => void, maxBytes = MAX_LINE_BYTES): LineSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;

  function hold(piece: Buffer): void {
    const kept = piece.subarray(0, Math.max(0, maxBytes - heldBytes));
    if (kept.length === 0) return;
    // A copy, because a subarray would keep the whole chunk alive.
    held.push(Buffer.from(kept));
    heldBytes += kept.length;
  }

  function release(): void {
    const line = Buffer.concat(held, heldBytes).toString("utf8");
    held = [];
    heldBytes = 0;
    onLine(line);
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      let start = 0;
      for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
        if (heldBytes === 0) onLine(bytes.toString("utf8", start, Math.min(end, start + maxBytes)));
        else {
          hold(bytes.subarray(start, end));
          release();
        }
        start = end + 1;
      }
      if (start < bytes.length) hold(bytes.subarray(start));
    },
    end() {
      if (heldBytes > 0) release();
    },
  };
}
