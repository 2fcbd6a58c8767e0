// SPDX-License-Identifier: Apache-2.0
import type { Side } from "../side.ts";
import type { ProbeContext } from "./ask.ts";
import { fieldOf, type ListingPage, listPage } from "./listing-page.ts";

/** True when two sides of different hosts could be one place: the names agree, and one prefix holds the other. */
export function mayBeSamePlace(a: Side, b: Side): boolean {
  return (
    a.endpoint.host !== b.endpoint.host &&
    a.bucket === b.bucket &&
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix))
  );
}

/**
 * Whether two endpoints show the same objects where the sides overlap: one server by two names (`localhost` and
 * `127.0.0.1`, a Service and its short name, one region by two hosts).
 *
 * A mirror that was made by copying agrees in keys and ETags too, yet not in when its objects were last written. Half
 * of the keys of a page decide, so that neither an object written between both looks hides the truth, nor a few that
 * were copied within the second of their making feign it. Nothing in common proves nothing, and nothing can be lost then.
 *
 * @throws {ProbeFailure} where a side gives no listing
 */
export async function showsSameObjects(source: ProbeContext, destination: ProbeContext): Promise<boolean> {
  const prefixes = [source.side.prefix, destination.side.prefix] as const;
  const prefix = prefixes[0].length >= prefixes[1].length ? prefixes[0] : prefixes[1];
  const [left, right] = await Promise.all([
    listPage(source, { prefix, after: "" }),
    listPage(destination, { prefix, after: "" }),
  ]);
  const theirs = fingerprints(right);
  const ours = fingerprints(left);
  const agreeing = [...ours].filter((fingerprint) => theirs.has(fingerprint)).length;
  return agreeing > 0 && agreeing * 2 >= Math.min(ours.size, theirs.size);
}

function fingerprints(page: ListingPage): Set<string> {
  return new Set(
    page.contents.map((content) => {
      const key = page.decodeKey(fieldOf(content, "Key"));
      return JSON.stringify([key, fieldOf(content, "ETag"), fieldOf(content, "LastModified")]);
    }),
  );
}
