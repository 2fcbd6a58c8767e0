// SPDX-License-Identifier: MIT
import type { Notes } from "../objects/plan.ts";
import type { Reading } from "../objects/table.ts";
import * as verdict from "../objects/verdict.ts";
import type { Subject, World } from "../objects/world.ts";
import type { V1Record } from "../records/v1-record.ts";
import { legalParentColumn, parentColumn } from "./project-table.ts";

/** The two projects that a project may name. */
export interface Relations {
  readonly parent: verdict.Parent;
  readonly legalParent: verdict.Parent;
  readonly notes: Notes;
}

export async function findRelations(
  subject: Subject,
  record: V1Record,
  world: World,
): Promise<Relations | verdict.Refusal> {
  const [parent, legalParent] = await Promise.all([
    verdict.findParent(record, parentColumn, "project", world),
    verdict.findParent(record, legalParentColumn, "project", world),
  ]);
  if (isItself(parent, subject))
    return verdict.unusable(`${parentColumn} names the project itself: give it another parent in v1.`);
  if (parent.is === "no id") return verdict.parentWithoutId(parentColumn);
  if (parent.is === "deleted") return verdict.parentDeleted(parentColumn, parent.id);
  // v2 can do without a legal parent, and nothing would ever end the wait for these.
  const fault = faultOfLegalParent(legalParent, subject);
  if (fault === undefined) return { parent, legalParent, notes: [] };
  const note = `${legalParentColumn} ${fault}: legal_parent_uid stays as it is`;
  return { parent, legalParent: { is: "absent" }, notes: [note] };
}

function faultOfLegalParent(legalParent: verdict.Parent, subject: Subject): string | undefined {
  if (isItself(legalParent, subject)) return "names the project itself";
  if (legalParent.is === "no id") return "is too long for an id";
  return legalParent.is === "deleted" ? `names ${legalParent.id}, which was deleted in v2` : undefined;
}

function isItself(parent: verdict.Parent, { key, mapping }: Subject): boolean {
  if (parent.is === "mapped") return mapping.state === "mapped" && mapping.uid === parent.uid;
  return parent.is === "unmapped" && parent.id === key.id;
}

/** v2 takes no unknown parent, and nobody would tell it the right one later. */
export function parkForRelations({ parent, legalParent }: Relations): verdict.Park | undefined {
  const keys = [parent, legalParent].flatMap((one) => (one.is === "unmapped" ? [one.key] : []));
  return keys.length === 0 ? undefined : verdict.parkUntil([...new Set(keys)]);
}

export async function lookupsOf(
  { parent, legalParent }: Relations,
  world: World,
): Promise<ReadonlyMap<string, Reading>> {
  const lookups = new Map<string, Reading>();
  if (parent.is === "mapped") lookups.set("parent_uid", verdict.given(parent.uid));
  if (parent.is === "none") lookups.set("parent_uid", verdict.given(await world.rootUid()));
  if (legalParent.is === "mapped") lookups.set("legal_parent_uid", verdict.given(legalParent.uid));
  if (legalParent.is === "none") lookups.set("legal_parent_uid", { is: "cleared" });
  return lookups;
}
