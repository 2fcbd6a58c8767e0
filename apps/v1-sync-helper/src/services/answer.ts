// SPDX-License-Identifier: MIT

import type { Reason } from "../reason.ts";

/** What became of a call that changes v2. */
export type WriteAnswer =
  /** 2xx. `uid` is what a create's body names; a 2xx without one is `unknown`. */
  | { readonly result: "done"; readonly uid?: string }
  /** The revision was not the newest any more (400 that names it, 409, 412, 500 "wrong last sequence"): nothing written. */
  | { readonly result: "stale" }
  /** The slug, name or e-mail address is taken: nothing written. */
  | { readonly result: "taken"; readonly reason: Reason }
  /** 404. */
  | { readonly result: "gone"; readonly reason: Reason }
  /** Any other 4xx: it will be refused every time. */
  | { readonly result: "refused"; readonly reason: Reason }
  /** Certainly not carried out, and worth another try: 429, no connection, a token that was refused twice. */
  | { readonly result: "unavailable"; readonly reason: Reason; readonly retryAfterMs?: number }
  /** Perhaps carried out: time-out, broken connection, 5xx. */
  | { readonly result: "unknown"; readonly reason: Reason; readonly retryAfterMs?: number };
