// SPDX-License-Identifier: Apache-2.0
import type { CliContext, Output } from "../context.ts";
import { clockTime } from "../text/times.ts";
import { eventLine } from "./event-line.ts";
import type { FeedItem, MonitorView, OutputChunk } from "./feed.ts";

export interface LineViewOptions {
  readonly context: CliContext;
  /** Standard output gets the job's bytes and nothing else; lines about it go to standard error. */
  readonly outputOnly: boolean;
  /** A line for each message, on standard error. */
  readonly verbose: boolean;
}

type Gap = Extract<FeedItem, { kind: "gap" }>;

const lineFeed = 0x0a;

/** Prints what happens as the Go program did: output raw, all else as lines. */
export class LineView implements MonitorView {
  readonly #output: Output;
  readonly #notes: Output;
  readonly #stderr: Output;
  readonly #verbose: boolean;
  readonly #gaps: Gap[] = [];
  #isMidLine = false;

  constructor({ context, outputOnly, verbose }: LineViewOptions) {
    this.#output = context.stdout;
    this.#notes = outputOnly ? context.stderr : context.stdout;
    this.#stderr = context.stderr;
    this.#verbose = verbose;
  }

  async show(item: FeedItem): Promise<void> {
    if (this.#verbose) await this.#explain(item);
    switch (item.kind) {
      case "output":
        return this.#write(item.chunks);
      case "event":
        return this.note(eventLine(item.event));
      case "attempt":
        return this.note(`[${clockTime(Date.now())}] 🔁 Attempt ${item.attempt}`);
      case "gap":
        this.#gaps.push(item);
        return;
      case "lost":
        return this.#say(`airunner-cli: the connection was lost (${item.message}); trying to get it back`);
      case "resumed":
        return this.#say(
          `airunner-cli: connected again; going on at attempt ${item.attempt}, event ${item.sequence}`,
        );
    }
  }

  /** A line between the events, where those go. */
  async note(text: string): Promise<void> {
    // A terminal shows what piped output keeps exactly: there a line never hangs on to unfinished output.
    const isHanging = this.#isMidLine && this.#notes.isTty;
    this.#isMidLine = false;
    await this.#notes.write(`${isHanging ? "\n" : ""}${text}\n`);
  }

  async close(): Promise<void> {
    if (this.#gaps.length === 0) return;
    await this.note("");
    await this.note("LINEARIZABILITY VIOLATIONS DETECTED");
    for (const { attempt, after, next } of this.#gaps) {
      await this.note(
        `  attempt ${attempt}: sequence ${after} is followed by ${next} (${next - after - 1} missing)`,
      );
    }
  }

  async #write(chunks: readonly OutputChunk[]): Promise<void> {
    const [only] = chunks;
    if (only === undefined) return;
    const bytes = chunks.length === 1 ? only.bytes : Buffer.concat(chunks.map((chunk) => chunk.bytes));
    if (bytes.length === 0) return;
    await this.#output.write(bytes);
    this.#isMidLine = bytes.at(-1) !== lineFeed;
  }

  async #say(text: string): Promise<void> {
    const isHanging = this.#isMidLine && this.#stderr.isTty && this.#output.isTty;
    if (isHanging) this.#isMidLine = false;
    await this.#stderr.write(`${isHanging ? "\n" : ""}${text}\n`);
  }

  async #explain(item: FeedItem): Promise<void> {
    if (item.kind === "output") {
      const [first] = item.chunks;
      const bytes = item.chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
      const range = `${first?.sequence ?? 0}-${item.chunks.at(-1)?.sequence ?? 0}`;
      await this.#stderr.write(`[attempt ${item.attempt}, events ${range}: ${bytes} bytes of output]\n`);
    } else if (item.kind === "event") {
      await this.#stderr.write(`[attempt ${item.attempt}, event ${item.sequence}]\n`);
    }
  }
}
