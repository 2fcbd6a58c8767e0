// SPDX-License-Identifier: MIT

/** In whose name a call to v2 is made; see "Impersonation" in the README. */
export interface Author {
  /** Claim `principal`: a username, or `x@clients` for a machine. */
  readonly principal: string;
  /** Claim `sub`: the username, or the machine without `@clients`. */
  readonly subject: string;
  readonly email?: string;
  /** Header `X-On-Behalf-Of`; absent for the fallback. */
  readonly onBehalfOf?: string;
  /** `fallback`: nobody, or nobody that could be found, and `why` says which. */
  readonly kind: "person" | "machine" | "fallback";
  readonly why?: string;
}
