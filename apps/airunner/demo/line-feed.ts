// SPDX-License-Identifier: Apache-2.0
import { StringDecoder } from "node:string_decoder";

export interface FedLine {
  /** Without its line end. */
  readonly text: string;
  /** When its last byte came, Unix milliseconds. */
  readonly atMs: number;
}

/** Lines of a stream of bytes, for a reader that takes them one by one as they come. */
export class LineFeed {
  readonly #lines: FedLine[] = [];
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  #hasEnded = false;
  #wake: (() => void) | undefined;

  push(bytes: Uint8Array, atMs: number): void {
    const parts = `${this.#rest}${this.#decoder.write(bytes)}`.split("\n");
    this.#rest = parts.pop() ?? "";
    this.#lines.push(...parts.map((text) => ({ text: withoutReturn(text), atMs })));
    this.#wake?.();
  }

  /** A line without its end becomes one too. */
  end(atMs: number): void {
    const text = `${this.#rest}${this.#decoder.end()}`;
    if (text !== "") this.#lines.push({ text: withoutReturn(text), atMs });
    this.#rest = "";
    this.#hasEnded = true;
    this.#wake?.();
  }

  /** The next line; `undefined` after the last. One caller at a time. */
  async next(): Promise<FedLine | undefined> {
    while (this.#lines.length === 0 && !this.#hasEnded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.#lines.shift();
  }
}

/** A terminal ends lines with both. */
function withoutReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
