// SPDX-License-Identifier: MIT
import type { StoredObject } from "@repo/testkit/lfx-v2";
import type { Book } from "../foundation/book.ts";
import { keyOf, type V1Object } from "../foundation/v1-object.ts";
import { expectedFields, fieldAt } from "./expected-fields.ts";
import { type Sight, uidOf } from "./sight.ts";

/** How v2 stands against v1, object by object. */
export interface Comparison {
  /** Objects that v2 must have. */
  readonly due: number;
  /** Of those, the ones that it has and that say in every field what v1 says. */
  readonly exact: number;
  readonly kinds: Readonly<Record<V1Object["kind"], number>>;
  /** What is there and should not be. */
  readonly surplus: number;
  /** A sentence for each thing that is wrong. */
  readonly problems: readonly string[];
}

export function compare(book: Book, sight: Sight): Comparison {
  const problems: string[] = [];
  const used = new Set<string>();
  const kinds = { project: 0, committee: 0, member: 0 };
  for (const object of book.due) {
    const problem = problemOf(object, sight, used);
    if (problem === undefined) kinds[object.kind] += 1;
    else problems.push(`${keyOf(object)} ${problem}`);
  }
  const surplus = Object.entries(sight.stored).flatMap(([kind, objects]) =>
    objects.filter(({ uid }) => !used.has(uid)).map(({ uid }) => `${kind} ${uid} is nobody's`),
  );
  const exact = kinds.project + kinds.committee + kinds.member;
  return { due: book.due.length, exact, kinds, surplus: surplus.length, problems: [...problems, ...surplus] };
}

function problemOf(object: V1Object, sight: Sight, used: Set<string>): string | undefined {
  const uid = uidOf(object, sight);
  if (uid === undefined) return "is not mapped";
  if (used.has(uid)) return `shares ${uid} with another`;
  used.add(uid);
  const stored = sight.stored[object.kind].find((each) => each.uid === uid);
  return stored === undefined
    ? `is mapped to ${uid}, which v2 does not have`
    : difference(object, stored, sight);
}

function difference(object: V1Object, { data }: StoredObject, sight: Sight): string | undefined {
  for (const [path, expected] of Object.entries(expectedFields(object, sight))) {
    const actual = fieldAt(data, path);
    if (actual !== expected)
      return `has ${path} ${JSON.stringify(actual)} in place of ${JSON.stringify(expected)}`;
  }
  return undefined;
}
