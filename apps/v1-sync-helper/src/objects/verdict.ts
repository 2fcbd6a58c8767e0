// SPDX-License-Identifier: MIT
import { type MappingKey, mappingKey } from "../mappings/mapping-key.ts";
import type { ObjectKind } from "../records/object-key.ts";
import type { V1Record } from "../records/v1-record.ts";
import type { Plan, ServiceName } from "./plan.ts";
import type { Reading } from "./table.ts";
import type { World } from "./world.ts";

export type Refusal = Extract<Plan, { action: "refuse" }>;
export type Park = Extract<Plan, { action: "park" }>;
export type Ignore = Extract<Plan, { action: "ignore" }>;

export function unusable(message: string): Refusal {
  return { action: "refuse", reason: { code: "unusable_record", message } };
}

/** @param problems each without the full stop; at least one */
export function unusableRecord(problems: readonly string[]): Refusal {
  return unusable(`${problems.join("; ")}.`);
}

export function missingInV2(what: string): Refusal {
  const message = `${what} is mapped, but v2 does not know it: forget the mapping to have it created again, or drop the record.`;
  return { action: "refuse", reason: { code: "missing_in_v2", message } };
}

export function deletedInV2(): Ignore {
  const message =
    "The object was deleted in v2 on behalf of v1: resync its id to have it created again all the same.";
  return { action: "ignore", reason: { code: "deleted_in_v2", message } };
}

/** A park until an operator sets the address; `undefined` when it is set. */
export function parkWithoutService(world: World, service: ServiceName): Park | undefined {
  if (world.hasService(service)) return undefined;
  const message = `No address of the ${service} service is set: set ${service.toUpperCase()}_SERVICE_URL.`;
  return { action: "park", waitsFor: [], reason: { code: "service_not_configured", message } };
}

export function parkUntil(waitsFor: readonly MappingKey[]): Park {
  const message = `Waits until ${waitsFor.join(" and ")} is there: the parent is not in v2 yet.`;
  return { action: "park", waitsFor, reason: { code: "parent_unmapped", message } };
}

/** What a record says of the object above it. */
export type Parent =
  /** The record does not have the column. */
  | { readonly is: "absent" }
  /** The column is empty. */
  | { readonly is: "none" }
  | { readonly is: "mapped"; readonly uid: string }
  | { readonly is: "unmapped"; readonly id: string; readonly key: MappingKey }
  | { readonly is: "deleted"; readonly id: string }
  /** The column holds what can be nobody's id. */
  | { readonly is: "no id" };

/** Characters; v1's own ids have 15 to 36. */
const longestId = 256;

/** Reads a column that holds a v1 id, and what `v1-mappings` says of that id. */
export async function findParent(
  record: V1Record,
  column: string,
  kind: ObjectKind,
  world: World,
): Promise<Parent> {
  const value = record.read([column])?.value;
  if (value === null || (typeof value === "string" && value.trim() === "")) return { is: "none" };
  if (typeof value !== "string") return { is: "absent" };
  const id = value.trim();
  if (id.length > longestId) return { is: "no id" };
  const mapping = await world.mapping(kind, id);
  if (mapping.state === "mapped") return { is: "mapped", uid: mapping.uid };
  if (mapping.state === "deleted") return { is: "deleted", id };
  return { is: "unmapped", id, key: mappingKey(kind, id) };
}

/**
 * An id that a column holds, for the mapping of the object that is created. Ids stand there between colons, so what is
 * no id is left out.
 */
export function idIn(record: V1Record, column: string): string | undefined {
  const value = record.read([column])?.value;
  const id = typeof value === "string" ? value.trim() : "";
  return /^[\w-]+$/.test(id) ? id : undefined;
}

export function parentDeleted(column: string, id: string): Refusal {
  const message = `${column} names ${id}, which was deleted in v2: give the record another parent, or drop it.`;
  return { action: "refuse", reason: { code: "parent_deleted", message } };
}

export function parentWithoutId(column: string): Refusal {
  return unusable(`${column} is longer than ${longestId} characters, so it is no id: name the parent in v1.`);
}

export function given(value: string): Reading {
  return { is: "value", value };
}
