// SPDX-License-Identifier: Apache-2.0

/** What a token may allow. `admin` includes all others. */
export const scopes = ["submit", "work", "read", "read-secrets", "admin"] as const;

export type Scope = (typeof scopes)[number];

/** Who calls, as far as the server knows. */
export interface Caller {
  /** The token's subject; "" where authentication is off. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
}
