// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { isJsonObject, type Json } from "../records/json.ts";
import type { SentDigest } from "./plan.ts";

/** 60 bits: enough to tell two values of one field apart, too few to guess one from. */
const digestCharacters = 10;

/**
 * What was last sent, by field: `is_audit=3Kq…;type=9fA…`.
 *
 * @throws never: what cannot be read counts as not sent
 */
export function parseSent(sent: SentDigest | undefined): ReadonlyMap<string, string> {
  const pairs = (sent ?? "").split(";").map((pair) => pair.split("=", 2));
  return new Map(pairs.flatMap(([field, digest]) => (field && digest ? [[field, digest] as const] : [])));
}

/** Fields that were not sent this time keep what is remembered of them. */
export function formatSent(
  before: ReadonlyMap<string, string>,
  values: ReadonlyMap<string, Json | undefined>,
): SentDigest {
  const digests = new Map(before);
  for (const [field, value] of values) digests.set(field, digestOf(value));
  return [...digests]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, digest]) => `${field}=${digest}`)
    .join(";");
}

export function digestOf(value: Json | undefined): string {
  return createHash("sha256").update(stable(value)).digest("base64url").slice(0, digestCharacters);
}

/** JSON with the names of objects in order. */
function stable(value: Json | undefined): string {
  return (
    JSON.stringify(value, (_name, inner: Json) =>
      isJsonObject(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? "nothing"
  );
}
