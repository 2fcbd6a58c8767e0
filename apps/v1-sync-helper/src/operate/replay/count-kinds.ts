// SPDX-License-Identifier: MIT
import { type ObjectKind, objectKinds, parseObjectKey } from "../../records/object-key.ts";
import { count } from "../text/times.ts";
import type { ScannedKey } from "./scan-objects.ts";

export function countKinds(keys: readonly ScannedKey[]): Readonly<Record<ObjectKind, number>> {
  const counts = { project: 0, committee: 0, member: 0 };
  for (const { key } of keys) {
    const kind = parseObjectKey(key)?.kind;
    if (kind !== undefined) counts[kind] += 1;
  }
  return counts;
}

/** `3 objects (1 of project, 2 of committee, 0 of member)`. */
export function kindsText(keys: readonly ScannedKey[]): string {
  const counts = countKinds(keys);
  const kinds = objectKinds.map((kind) => `${count(counts[kind])} of ${kind}`).join(", ");
  return `${count(keys.length)} objects (${kinds})`;
}
