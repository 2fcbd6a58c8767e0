// SPDX-License-Identifier: MIT
import type { ResourceKind, StoredObject, Write } from "@repo/testkit/lfx-v2";
import type { V1Object } from "../foundation/v1-object.ts";
import type { World } from "../world.ts";

/** All that there is to see from outside: what v2 stores, what was done to it, and the table of ids. */
export interface Sight {
  readonly rootUid: string;
  readonly stored: Readonly<Record<V1Object["kind"], readonly StoredObject[]>>;
  /** In the order in which they took effect. */
  readonly writes: readonly Write[];
  /** `v1-mappings`: its keys and values. */
  readonly mappings: ReadonlyMap<string, string>;
}

export const resources = {
  project: "project",
  committee: "committee",
  member: "committee-member",
} as const satisfies Record<V1Object["kind"], ResourceKind>;

export async function lookAround(world: World): Promise<Sight> {
  await world.v2.settled();
  const { model, record, rootUid } = world.v2;
  const mappings = await world.bucket("v1-mappings");
  const entries = new Map<string, string>();
  const keys: string[] = [];
  for await (const key of await mappings.keys()) keys.push(key);
  await Promise.all(keys.map(async (key) => entries.set(key, (await mappings.get(key))?.string() ?? "")));
  return {
    rootUid,
    stored: {
      project: model.list("project").filter(({ uid }) => uid !== rootUid),
      committee: model.list("committee"),
      member: model.list("committee-member"),
    },
    writes: [...record.writes],
    mappings: entries,
  };
}

const mappingNames = {
  project: "project",
  committee: "committee",
  member: "committee_member",
} as const satisfies Record<V1Object["kind"], string>;

/** The uid that an object of v1 became; `undefined` where it has none (any more). */
export function uidOf({ kind, id }: Pick<V1Object, "kind" | "id">, { mappings }: Sight): string | undefined {
  const value = mappings.get(`${mappingNames[kind]}.sfid.${id}`);
  if (value === undefined || value === "!del") return undefined;
  // A member's says its committee too.
  return value.slice(value.indexOf(":") + 1);
}
