// SPDX-License-Identifier: Apache-2.0

/** What a token may allow. `admin` includes all others. */
export const scopes = ["submit", "work", "read", "read-secrets", "admin"] as const;

export type Scope = (typeof scopes)[number];
