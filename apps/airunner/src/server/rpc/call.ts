// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import type { Caller } from "../auth/caller.ts";
import type { CallContext } from "./method.ts";

/** Why a call was ended from outside. */
export type EndReason = "cancelled" | "deadline" | "draining";

/** Longest delay that a timer of Node takes; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

const noCaller: Caller = { subject: "", scopes: new Set() };

/** The life of one call: its deadline, its end from outside, and what waits for either. */
export class Call implements CallContext {
  caller: Caller = noCaller;
  #controller: AbortController | undefined;
  #reason: EndReason | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #waiting: Set<(error: ConnectError) => void> | undefined;

  readonly ended = (): EndReason | undefined => this.#reason;

  /** Made when somebody asks: most calls are over before anybody does. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(endError(this.#reason));
    }
    return this.#controller.signal;
  }

  /** Ends the call `timeoutMs` from now. */
  setDeadline(timeoutMs: number): void {
    if (timeoutMs <= 0) this.end("deadline");
    else if (timeoutMs <= longestTimerMs) this.#timer = setTimeout(() => this.end("deadline"), timeoutMs);
    else this.#timer = setTimeout(() => this.setDeadline(timeoutMs - longestTimerMs), longestTimerMs);
  }

  /** Ends the call from outside; the first reason counts, and none once the call is over. */
  end(reason: EndReason): void {
    if (this.#isOver || this.#reason !== undefined) return;
    this.#reason = reason;
    if (this.#waiting === undefined && this.#controller === undefined) return;
    const error = endError(reason);
    // Before the signal, so that what the method does on it comes too late for the answer.
    if (this.#waiting !== undefined) for (const reject of this.#waiting) reject(error);
    this.#controller?.abort(error);
  }

  /** Settles as `work` does, or rejects as soon as the call is ended from outside; `work` may go on, and its result is dropped. */
  until<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = this.onEnd(reject);
      work.then(
        (value) => {
          stop();
          resolve(value);
        },
        (error: unknown) => {
          stop();
          reject(
            error instanceof Error
              ? error
              : new TypeError("A method threw what is no error.", { cause: error }),
          );
        },
      );
    });
  }

  /** Calls `listener` when the call is ended from outside, at once if it has been; the result takes it back. */
  onEnd(listener: (error: ConnectError) => void): () => void {
    if (this.#reason !== undefined) {
      listener(endError(this.#reason));
      return () => {};
    }
    const waiting = (this.#waiting ??= new Set());
    waiting.add(listener);
    return () => waiting.delete(listener);
  }

  throwIfEnded(): void {
    if (this.#reason !== undefined) throw endError(this.#reason);
  }

  /** The call is over: lets go of the timer. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

/** What the client is told, whatever the method made of its signal. */
export function endError(reason: EndReason): ConnectError {
  switch (reason) {
    case "cancelled":
      return new ConnectError("The client ended the call.", Code.Canceled);
    case "deadline":
      return new ConnectError("The call's deadline is over.", Code.DeadlineExceeded);
    case "draining":
      return new ConnectError("The server is stopping; call again.", Code.Unavailable);
  }
}
