// SPDX-License-Identifier: Apache-2.0
import { write } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import { promisify } from "node:util";
import { BrokenPipeError, type Output } from "./context.ts";

const writeFile = promisify(write);

/** Milliseconds until a full pipe or terminal that refuses to block is tried again. */
const fullPipeMs = 5;

/**
 * Writes to a file descriptor from the thread pool.
 *
 * Node's own streams write to pipes and terminals at once, on the main thread: with a reader that stands still
 * (`| less`, Ctrl-S) the whole program stands still, its signals and its answers to the server's pings too.
 */
export class FileOutput implements Output {
  readonly isTty: boolean;
  readonly #descriptor: number;
  #last: Promise<void> = Promise.resolve();

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.isTty = isatty(descriptor);
  }

  get terminal(): NodeJS.WriteStream | undefined {
    // The stream is made at the first look only: it changes how the descriptor behaves.
    if (!this.isTty) return undefined;
    return this.#descriptor === 1 ? process.stdout : process.stderr;
  }

  write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    // One after the other, also for callers who do not wait; each learns of its own failure.
    const written = this.#last.then(() => this.#writeAll(bytes));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += (await writeFile(this.#descriptor, bytes, at, bytes.length - at, null)).bytesWritten;
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  async #recover(error: unknown): Promise<void> {
    const code = Error.isError(error) && "code" in error ? error.code : undefined;
    if (code === "EAGAIN") return sleep(fullPipeMs);
    if (code === "EPIPE") throw new BrokenPipeError("nobody reads the output any more", { cause: error });
    throw error;
  }
}
