// SPDX-License-Identifier: Apache-2.0
import { readSync } from "node:fs";
import { type OnReadOpts, Socket } from "node:net";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { ReadStream as TerminalStream } from "node:tty";
import type { OutputStream, ProcessSpec } from "./process.ts";

const bufferBytes = 65_536;
/** Between two looks at an output that somebody still holds open although the process has ended. */
const lookAgainMs = 10;
/** What a kernel buffer may hold at most: a pipe that was made as large as an ordinary user may make it, and more. */
const leftoverBytes = 4 * 1_048_576;
/** Chunks after which others have their turn, should the receiver never make us wait. */
const chunksPerTurn = 16;

export interface OutputReaderOptions {
  /** Readable end, non-blocking; the reader owns it from now on. */
  readonly fd: number;
  readonly stream: OutputStream;
  readonly onOutput: ProcessSpec["onOutput"];
  /** Called once with what `onOutput` threw; the rest is read and dropped, so that nobody blocks. */
  onFailure(error: unknown): void;
}

/**
 * Reads one output of a process to its last byte.
 *
 * While the process runs, libuv says when there is something to read. Once it has ended, we read by ourselves until
 * the kernel has nothing more: libuv takes a terminal's hang-up for its end although each read gives 4,095 bytes at
 * most, and so loses the tail (https://github.com/microsoft/node-pty/issues/85). A read of a pipe or of a terminal's
 * master finds everything that was written before it (n_tty_read flushes its work queue before it says EAGAIN).
 */
export class OutputReader implements Disposable {
  readonly #options: OutputReaderOptions;
  readonly #socket: Socket;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #pending: Promise<void> | undefined;
  #isFinishing = false;
  #hasFailed = false;

  constructor(options: OutputReaderOptions) {
    this.#options = options;
    const onread: OnReadOpts = {
      buffer: this.#buffer,
      callback: (length) => {
        this.#take(length);
        return this.#pending === undefined;
      },
    };
    this.#socket = openStream(options, onread);
    // A failed read is an end: there is nothing more to be had.
    this.#socket.on("error", () => undefined);
    this.#socket.resume();
  }

  /**
   * Call it once the process has ended. Reads on until nobody holds the other end.
   *
   * @param isOver asked between reads: leave although somebody does; what is unread stays so
   * @returns whether the end was reached
   */
  async readOn(isOver: () => boolean): Promise<boolean> {
    return await this.#readWhile(() => !isOver());
  }

  /** Reads what is there, and then on until the end or until `isOver`; loses nothing that was written before the call. */
  async readRest(isOver: () => boolean): Promise<boolean> {
    return await this.#readWhile((isDry, taken) => !isOver() || !(isDry || taken > leftoverBytes));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #readWhile(isWorthIt: (isDry: boolean, taken: number) => boolean): Promise<boolean> {
    this.#isFinishing = true;
    this.#socket.pause();
    await this.#pending;
    let taken = 0;
    for (let chunks = 1; ; chunks += 1) {
      const length = this.#readNow();
      if (length === 0) return true;
      if (length !== undefined) this.#take(length);
      taken += length ?? 0;
      await this.#pending;
      if (!isWorthIt(length === undefined, taken)) return false;
      if (length === undefined) await delay(lookAgainMs);
      else if (chunks % chunksPerTurn === 0) await turn();
    }
  }

  /** @returns bytes read into the buffer; 0 at the end; `undefined` where there is nothing right now */
  #readNow(): number | undefined {
    if (this.#socket.destroyed) return 0;
    try {
      return readSync(this.#options.fd, this.#buffer);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EAGAIN" || code === "EINTR") return undefined;
      // EIO: nobody holds the terminal any more, and everything was read.
      return 0;
    }
  }

  #take(length: number): void {
    if (this.#hasFailed) return;
    const { stream, onOutput } = this.#options;
    // A copy of its own size: the buffer is used again, and a slab would be held by its smallest chunk.
    const bytes = new Uint8Array(this.#buffer.subarray(0, length));
    try {
      const taken = onOutput({ bytes, stream, atMs: Date.now() });
      if (taken !== undefined) this.#waitFor(taken);
    } catch (error) {
      this.#fail(error);
    }
  }

  #waitFor(taken: Promise<void>): void {
    this.#pending = taken.then(
      () => this.#goOn(),
      (error: unknown) => {
        this.#fail(error);
        this.#goOn();
      },
    );
  }

  #goOn(): void {
    this.#pending = undefined;
    if (!this.#isFinishing) this.#socket.resume();
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    this.#options.onFailure(error);
  }
}

function openStream({ fd, stream }: OutputReaderOptions, onread: OnReadOpts): Socket {
  if (stream !== "terminal") return new Socket({ fd, readable: true, writable: false, onread });
  // The declaration of the constructor leaves out that it hands its options on to Socket's.
  const TerminalSocket: new (fd: number, options: { onread: OnReadOpts }) => Socket = TerminalStream;
  return new TerminalSocket(fd, { onread });
}
