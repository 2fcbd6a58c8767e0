// SPDX-License-Identifier: Apache-2.0
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** What one stream of a child process has written, as lines without their line ends. */
export interface Output {
  /** Lines so far, oldest first; the last `keepLines` of them. A line without its end comes when the stream ends. */
  readonly lines: readonly string[];
  /** The lines as one text, each with its line end. */
  readonly text: string;
  /** Calls back for each further line as it comes; the returned object stops that. */
  onLine(listener: (line: string) => void): Disposable;
  /**
   * The first line, also among those already written, that matches.
   * @param options `deadlineMs` in milliseconds, default 10 000
   * @throws {Error} at the deadline, and at once when the stream ends without such a line
   */
  waitForLine(
    match: RegExp | ((line: string) => boolean),
    options?: { readonly deadlineMs?: number },
  ): Promise<string>;
}

/** An {@link Output} over a stream. */
export class LineOutput implements Output {
  readonly lines: string[] = [];
  /** Settles when the stream has ended and its last line was handed out. */
  readonly ended: Promise<void>;
  readonly #keepLines: number;
  readonly #name: string;
  readonly #listeners = new Set<(line: string) => void>();
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(stream: Readable, options: { readonly name: string; readonly keepLines: number }) {
    this.#name = options.name;
    this.#keepLines = options.keepLines;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    stream.on("data", (chunk: Buffer) => this.#take(this.#decoder.write(chunk)));
    // A pipe whose process was killed may close without ending.
    stream.once("close", () => {
      this.#take(this.#decoder.end());
      if (this.#rest !== "") this.#emit(this.#rest);
      this.#rest = "";
      resolve();
    });
    stream.on("error", () => stream.destroy());
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join("");
  }

  onLine(listener: (line: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async waitForLine(
    match: RegExp | ((line: string) => boolean),
    options: { readonly deadlineMs?: number } = {},
  ): Promise<string> {
    // `search`, unlike `test`, does not depend on where a global expression stopped last.
    const matches = typeof match === "function" ? match : (line: string): boolean => line.search(match) >= 0;
    const known = this.lines.find(matches);
    if (known !== undefined) return known;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const { deadlineMs = 10_000 } = options;
    const fail = (why: string): void =>
      reject(new Error(`${this.#name} ${why} a line that matches ${String(match)}${this.#tail()}`));
    using _listener = this.onLine((line) => {
      if (matches(line)) resolve(line);
    });
    const timer = setTimeout(() => fail(`did not write within ${deadlineMs} ms`), deadlineMs);
    void this.ended.then(() => fail("ended without"));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #take(text: string): void {
    if (text === "") return;
    const lines = `${this.#rest}${text}`.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#emit(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  #emit(line: string): void {
    this.lines.push(line);
    // Removing single lines from the front of a long array costs its whole length each time.
    if (this.lines.length >= this.#keepLines * 2) this.lines.splice(0, this.lines.length - this.#keepLines);
    for (const listener of this.#listeners) listener(line);
  }

  #tail(): string {
    const last = this.lines.slice(-10);
    return last.length === 0 ? "; it wrote nothing" : `; it wrote last:\n${last.join("\n")}`;
  }
}
