// SPDX-License-Identifier: Apache-2.0
import type { FailureKind } from "./failure-kind.ts";
import type { HttpResponse } from "./http-response.ts";

/**
 * Why a request failed for good. `throttled`, `transient` and `permanent`: what the last attempt met, after the
 * attempts or the time were used up. `timeout`: the last attempt or the whole request took too long.
 * `budget_exhausted`: a retry was due and the client's tokens were gone. `aborted`: the caller's signal, or the client
 * was disposed. `response_too_large`: more bytes than `maxResponseBytes`. `overloaded`: no turn came under the
 * concurrency limit, or not in time; the last attempt was not sent.
 */
export type HttpErrorCode =
  | "throttled"
  | "transient"
  | "permanent"
  | "aborted"
  | "timeout"
  | "response_too_large"
  | "budget_exhausted"
  | "overloaded";

export interface HttpErrorDetails {
  readonly code: HttpErrorCode;
  readonly kind: FailureKind;
  readonly attempts: number;
  readonly wasSent: boolean;
  readonly response?: HttpResponse | undefined;
  readonly excerpt?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A request that failed finally. The message and the excerpt are redacted; the {@link HttpError.response} is not. */
export class HttpError extends Error {
  override readonly name: string = "HttpError";
  readonly code: HttpErrorCode;
  /** What a later repeat can hope for, whatever ended this one; `classifyFailure` reads it. */
  readonly kind: FailureKind;
  /** The last answer's status; absent when there was no answer. */
  declare readonly status?: number;
  /** How often the request went out or tried to. */
  readonly attempts: number;
  /**
   * Whether the service may have acted on it: `false` only when no attempt got as far as its first byte.
   * With `true` and no `status` the outcome is unknown, and a write must be looked up before it is repeated.
   */
  readonly wasSent: boolean;
  /** The beginning of the last answer's body, redacted, at most 200 characters. */
  declare readonly excerpt?: string;
  /** What the last answer asked to wait, in milliseconds, uncut; with `overloaded` what is left of a pause. */
  declare readonly retryAfterMs?: number;
  readonly #response: HttpResponse | undefined;

  constructor(message: string, details: HttpErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.kind = details.kind;
    this.attempts = details.attempts;
    this.wasSent = details.wasSent;
    this.#response = details.response;
    if (details.response !== undefined) this.status = details.response.status;
    if (details.excerpt !== undefined) this.excerpt = details.excerpt;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }

  /** The last answer with headers and body, as it came: not for logs, which is why no logger finds it here. */
  get response(): HttpResponse | undefined {
    return this.#response;
  }
}
