// SPDX-License-Identifier: MIT
import type { Reason } from "./reason.ts";

/** A read failed: the service, NATS or a look-up did not answer. Nothing is known, so nothing may be concluded. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
  readonly reason: Reason;
  readonly retryAfterMs: number | undefined;

  constructor(reason: Reason, options: { readonly retryAfterMs?: number; readonly cause?: unknown } = {}) {
    super(reason.message, { cause: options.cause });
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}
