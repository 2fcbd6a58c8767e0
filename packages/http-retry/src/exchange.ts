// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from "undici";
import { abortReason } from "./abort.ts";
import { type Clock, maxTimerMs } from "./clock.ts";
import type { RequestBody, RequestHeaders } from "./http-request.ts";
import type { RawResponse, ResponseHeaders } from "./http-response.ts";
import { withoutResponseBytes } from "./malformed-response.ts";

/** One attempt: what goes out, and what ends it. */
export interface ExchangeOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly headers: RequestHeaders | undefined;
  readonly body: RequestBody | undefined;
  /** From now to the last byte of the body, at least 0; longer than a timer can be (24 days) is without limit. */
  readonly limitMs: number;
  /** Reading of the clock at which the whole request is over; who waits before sending waits no longer. */
  readonly deadline: number;
  readonly maxResponseBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** {@link exchange}, or what goes around it. */
export type SendAttempt = (options: ExchangeOptions) => Promise<RawResponse>;

/** How an attempt without an answer ended; `no_turn` before it began, under a concurrency limit. */
export type ExchangeFailureReason = "network" | "timeout" | "aborted" | "too_large" | "no_turn";

export class ExchangeFailure extends Error {
  override readonly name: string = "ExchangeFailure";
  readonly reason: ExchangeFailureReason;
  /** Whether a first byte may have gone out. */
  readonly wasSent: boolean;

  constructor(reason: ExchangeFailureReason, wasSent: boolean, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
    this.wasSent = wasSent;
  }
}

/**
 * Sends one request and reads the answer to its end.
 *
 * Works on `dispatch`, the layer below `Pool.request`, because only that tells when the first byte goes out and settles
 * at once when a connection hangs; it also saves the stream object per answer.
 *
 * @throws {ExchangeFailure}
 */
export function exchange(options: ExchangeOptions): Promise<RawResponse> {
  return new Promise((resolve, reject) => new Exchange(options, resolve, reject).start());
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #resolve: (response: RawResponse) => void;
  readonly #reject: (failure: ExchangeFailure) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #headers: ResponseHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  #timer: unknown;
  #isSettled = false;
  #wasSent = false;

  constructor(
    options: ExchangeOptions,
    resolve: (response: RawResponse) => void,
    reject: (failure: ExchangeFailure) => void,
  ) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { dispatcher, clock, origin, method, path, headers, body, limitMs, signal } = this.#options;
    if (signal?.aborted) return this.#onAbort();
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (limitMs <= maxTimerMs) this.#timer = clock.setTimeout(this.#onTimeout, limitMs);
    const fixed = { origin, method, path, headersTimeout: 0, bodyTimeout: 0 };
    try {
      dispatcher.dispatch(
        // undici takes lists as header values and async iterables as bodies, but its types do not say so.
        { ...fixed, headers, body: typeof body === "function" ? body() : body } as Dispatcher.DispatchOptions,
        this,
      );
    } catch (error) {
      this.#fail("network", error);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown rather than aborted: an abort here would close a good connection that the request only waited for.
    if (this.#isSettled) throw new Error("the request ended before a connection was free");
    this.#wasSent = true;
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    // The parser leaves no name without a value.
    this.#headers = headers as Record<string, string | string[]>;
    const announced = Number(headers["content-length"] ?? 0);
    if (announced > this.#options.maxResponseBytes && this.#options.method !== "HEAD")
      this.#fail("too_large");
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#options.maxResponseBytes) this.#fail("too_large");
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#isSettled) return;
    this.#settle();
    // Copied, also a single chunk: it is a window on a socket's read buffer of 64 KiB, which would live as long.
    const body = Buffer.concat(this.#chunks, this.#bytes);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.#isSettled) this.#fail("network", withoutResponseBytes(error));
  }

  readonly #onTimeout = (): void => this.#fail("timeout");

  readonly #onAbort = (): void => this.#fail("aborted", abortReason(this.#options.signal));

  #fail(reason: ExchangeFailureReason, cause?: unknown): void {
    this.#settle();
    const failure = new ExchangeFailure(reason, this.#wasSent, cause);
    this.#controller?.abort(failure);
    this.#reject(failure);
  }

  #settle(): void {
    this.#isSettled = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
