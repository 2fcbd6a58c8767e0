// SPDX-License-Identifier: MIT

import { projectColumn } from "../../committees/committee-table.ts";
import { committeeColumn } from "../../members/member-table.ts";
import { legalParentColumn, parentColumn } from "../../projects/project-table.ts";
import type { JsonObject } from "../../records/json.ts";
import { type ObjectKey, type ObjectKind, objectKey } from "../../records/object-key.ts";
import { createRecord } from "../../records/v1-record.ts";
import { readContent } from "../../sync/content.ts";
import type { Source } from "../../sync/source.ts";
import type { Store } from "../store/open-store.ts";
import type { ParentFound } from "./explanation.ts";

/** Columns that name a parent by its id in v1, and the parent's kind. */
const parentColumns = {
  project: [
    [parentColumn, "project"],
    [legalParentColumn, "project"],
  ],
  committee: [[projectColumn, "project"]],
  member: [[committeeColumn, "committee"]],
} as const satisfies Record<ObjectKind, readonly (readonly [string, ObjectKind])[]>;

const maxDepth = 12;

/** The parents that a record names; of those that are not mapped also theirs, up to the one that is the cause. */
export async function findParents(
  key: ObjectKey,
  columns: JsonObject,
  options: { readonly store: Store; readonly source: Source; readonly seen?: ReadonlySet<string> },
): Promise<readonly ParentFound[]> {
  const seen = new Set([...(options.seen ?? []), key.text]);
  const record = createRecord(columns);
  const found: ParentFound[] = [];
  for (const [column, kind] of parentColumns[key.kind]) {
    const value = record.read([column])?.value;
    const id = typeof value === "string" ? value.trim() : "";
    if (id !== "") found.push(await findParent(column, objectKey(kind, id), { ...options, seen }));
  }
  return found;
}

async function findParent(
  column: string,
  key: ObjectKey,
  options: { readonly store: Store; readonly source: Source; readonly seen: ReadonlySet<string> },
): Promise<ParentFound> {
  const { store, source, seen } = options;
  const mapping = await store.mappings.read(key.kind, key.id);
  const parent = { column, key: key.text, mapping, parents: [] };
  if (mapping.state === "mapped") return parent;
  const [revision, { state }] = await Promise.all([source.newest(key.text), store.states.read(key.text)]);
  const content = revision === undefined ? undefined : readContent(revision);
  const columns = content?.kind === "alive" ? content.record.columns : undefined;
  const isLooping = seen.has(key.text) || seen.size > maxDepth;
  return {
    ...parent,
    isInV1: content?.kind === "alive",
    ...(state !== undefined && { state }),
    parents: columns === undefined || isLooping ? [] : await findParents(key, columns, options),
  };
}
