// SPDX-License-Identifier: Apache-2.0
import { randomFillSync } from "node:crypto";
import type { Clock } from "./clock.ts";

export interface JobIdOptions {
  readonly clock: Pick<Clock, "now">;
  /** Fills the bytes with random ones; for tests. */
  readonly fillRandom?: (bytes: Uint8Array) => void;
}

/** Eight for the 62 bits after the variant, two for the counter's start. */
const randomBytesPerId = 10;
const poolBytes = randomBytesPerId * 512;
/** The 12 bits after the time count ids of one millisecond; a start in the lower half leaves room to count. */
const counterLimit = 0x1000;
const counterStartLimit = 0x800;

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * Makes ids of jobs: UUID version 7 (RFC 9562, method 1), lower case, each greater than the one before even where
 * many fall into one millisecond or the clock steps back. Ids of one source therefore sort by creation.
 */
export function createJobIds({ clock, fillRandom = randomFillSync }: JobIdOptions): () => string {
  const pool = new Uint8Array(poolBytes);
  let used = poolBytes;
  let lastMs = -1;
  let counter = 0;

  function byte(offset: number): number {
    return pool[used + offset] ?? 0;
  }

  function advance(): void {
    const nowMs = Math.floor(clock.now());
    if (nowMs > lastMs) lastMs = nowMs;
    else if (counter + 1 < counterLimit) {
      counter += 1;
      return;
    } else lastMs += 1;
    counter = ((byte(8) << 8) | byte(9)) % counterStartLimit;
  }

  return () => {
    if (used >= poolBytes) {
      fillRandom(pool);
      used = 0;
    }
    advance();
    const time = lastMs.toString(16).padStart(12, "0");
    const count = (0x7000 | counter).toString(16);
    const variant = hexOfByte[0x80 | (byte(0) & 0x3f)];
    let id = `${time.slice(0, 8)}-${time.slice(8)}-${count}-${variant}${hexOfByte[byte(1)]}-`;
    for (let offset = 2; offset < 8; offset += 1) id += hexOfByte[byte(offset)];
    used += randomBytesPerId;
    return id;
  };
}
