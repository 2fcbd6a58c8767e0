// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, writeSync } from "node:fs";

const FLUSH_BYTES = 65_536;

/**
 * Whether rclone can be told to delete the object of this name (rclone's spelling) and no other.
 *
 * Tried with 1.60.1 and 1.75.2: outer slashes are stripped from a listed name, `//` and segments of dots are
 * cleaned, and a doubled quoting mark is read as another key. Blanks, tabs, quotes, `#` and `;`, control characters
 * (spelled `␊`, `␍`, …) and emoji arrive as they are. A raw line break would make two names of one.
 */
export function isAddressable(name: string): boolean {
  if (name === "" || name.startsWith("/") || name.endsWith("/") || name.includes("//")) return false;
  if (/[\r\n]/.test(name) || name.includes("‛‛")) return false;
  return !name.split("/").some((segment) => /^(?:\.{1,2}|．{1,2})$/.test(segment));
}

/**
 * The names that a delete pass may delete, on disk, one a line.
 *
 * At most `limit` names are written, the rest are counted: a plan that exceeds the limit is never carried out.
 */
export class SurplusList implements Disposable {
  readonly path: string;
  /** All surplus objects seen, whether they can be addressed or not. */
  count = 0;
  /** Those of them that are left, because rclone could not be told which they are. */
  unaddressable = 0;
  unaddressableSample: string | undefined;
  readonly #limit: number;
  readonly #descriptor: number;
  #pending = "";
  #isClosed = false;

  /** @param path must not exist; created with mode 0600 */
  constructor(path: string, limit: number) {
    this.path = path;
    this.#limit = limit;
    this.#descriptor = openSync(path, "wx", 0o600);
  }

  add(name: string): void {
    this.count += 1;
    if (!isAddressable(name)) {
      this.unaddressable += 1;
      this.unaddressableSample ??= name.slice(0, 256);
      return;
    }
    if (this.count > this.#limit) return;
    this.#pending += `${name}\n`;
    if (this.#pending.length >= FLUSH_BYTES) this.#flush();
  }

  /** How many names the file holds, when the plan is within the limit. */
  get addressable(): number {
    return this.count - this.unaddressable;
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending, "utf8");
    this.#pending = "";
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#descriptor, bytes, offset);
  }

  /** Completes the file; the file itself goes with its directory. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#flush();
    closeSync(this.#descriptor);
  }
}
