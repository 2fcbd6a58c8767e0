// SPDX-License-Identifier: Apache-2.0
import { type Scope, scopes } from "./caller.ts";

const all: ReadonlySet<Scope> = new Set(scopes);

/**
 * What a token allows: `scopes` (a list or words between blanks), `scope` (RFC 8693 section 4.2) or `scp`. Words that
 * we do not know are other programs'. A token without any of these claims may do everything, as those of the
 * program before this one; `admin` includes all others.
 */
export function scopesOf(claims: Readonly<Record<string, unknown>>): ReadonlySet<Scope> {
  const given = [claims["scopes"], claims["scope"], claims["scp"]].filter((claim) => claim !== undefined);
  if (given.length === 0) return all;
  const words = new Set(given.flatMap(wordsOf));
  if (words.has("admin")) return all;
  return new Set(scopes.filter((scope) => words.has(scope)));
}

/** What is neither text nor a list allows nothing. */
function wordsOf(claim: unknown): readonly unknown[] {
  if (typeof claim === "string") return claim.split(/\s+/);
  return Array.isArray(claim) ? claim : [];
}
