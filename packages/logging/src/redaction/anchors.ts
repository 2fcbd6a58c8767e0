// SPDX-License-Identifier: Apache-2.0
import { base64Variants, type HiddenValue } from "./encodings.ts";

/** Shorter ones occur in ordinary text and make the search slow. */
const minAnchorLength = 4;
const tableSize = 4096;

/**
 * Texts of which at least one occurs wherever a secret is written in any form that a redactor finds: the longest run
 * of letters and digits, which no encoder touches, and the like for base64 at each offset.
 *
 * @returns `undefined` when a form has no run of at least 4
 */
export function anchorsOf({ value, isWhole }: HiddenValue): string[] | undefined {
  const anchors = [longestRun(value, /[\w.-]+/g), ...(isWhole ? base64Anchors(value) : [])];
  return anchors.every((anchor) => anchor.length >= minAnchorLength) ? anchors : undefined;
}

function base64Anchors(secret: string): string[] {
  return base64Variants(secret).flatMap((bytes) =>
    [0, 1, 2].map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
      // Only letters whose six bits all belong to the secret are certain.
      const start = Math.ceil((offset * 8) / 6);
      const end = Math.floor(((offset + bytes.length) * 8) / 6);
      return longestRun(text.slice(start, end), /[A-Za-z0-9]+/g);
    }),
  );
}

function longestRun(text: string, runs: RegExp): string {
  const found = text.match(runs) ?? [];
  return found.reduce((longest, run) => (run.length > longest.length ? run : longest), "");
}

/**
 * Finds whether any of many texts occurs in another one, without looking at most of its letters (Wu and Manber 1994, with
 * blocks of two letters): a private key makes some 40 anchors, and every line of the log is searched.
 */
export class AnchorSearch {
  /** The algorithm's m: how many letters of each anchor take part in the search. */
  readonly #window: number;
  readonly #shifts: Uint8Array;
  readonly #byLastBlock = new Map<number, string[]>();

  /** @param anchors at least one, each of at least 2 letters */
  constructor(anchors: readonly string[]) {
    this.#window = Math.min(255, ...anchors.map((anchor) => anchor.length));
    this.#shifts = new Uint8Array(tableSize).fill(this.#window - 1);
    for (const anchor of new Set(anchors)) this.#add(anchor);
  }

  occursIn(text: string): boolean {
    let end = this.#window - 1;
    while (end < text.length) {
      const block = blockAt(text, end);
      const shift = this.#shifts[block] ?? 0;
      if (shift === 0 && this.#matchesAt(text, end, block)) return true;
      end += Math.max(1, shift);
    }
    return false;
  }

  #add(anchor: string): void {
    for (let end = 1; end < this.#window; end += 1) {
      const block = blockAt(anchor, end);
      this.#shifts[block] = Math.min(this.#shifts[block] ?? 0, this.#window - 1 - end);
    }
    const last = blockAt(anchor, this.#window - 1);
    this.#byLastBlock.set(last, [...(this.#byLastBlock.get(last) ?? []), anchor]);
  }

  #matchesAt(text: string, end: number, block: number): boolean {
    const start = end - this.#window + 1;
    return this.#byLastBlock.get(block)?.some((anchor) => text.startsWith(anchor, start)) === true;
  }
}

/** The two letters that end at `end`, as an index of the table; different pairs may share one. */
function blockAt(text: string, end: number): number {
  return ((text.charCodeAt(end - 1) << 5) ^ text.charCodeAt(end)) & (tableSize - 1);
}
