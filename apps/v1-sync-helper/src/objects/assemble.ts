// SPDX-License-Identifier: MIT
import type { V1Ids } from "../mappings/mappings.ts";
import type { JsonObject } from "../records/json.ts";
import type { V1Record } from "../records/v1-record.ts";
import type { Defaults } from "./compare.ts";
import { changesOf, type Overlaid, overlay, sentOf } from "./overlay.ts";
import type { NaturalKey, Notes, Plan, SentDigest, ServiceName, WriteCall } from "./plan.ts";
import type { Reading, Table } from "./table.ts";
import type { Resource, Subject, World } from "./world.ts";

/** A resource of v2 that is written by GET and PUT: an object, or its settings. */
export interface Part {
  readonly service: ServiceName;
  readonly path: string;
  readonly readOnly: readonly string[];
  readonly table: Table;
  readonly defaults?: Defaults;
}

/** A part as it is and as it should be. */
export interface Draftsheet {
  readonly part: Part;
  readonly current: Resource;
  readonly overlaid: Overlaid;
}

export function draftOf(
  part: Part,
  current: Resource,
  record: V1Record,
  lookups: ReadonlyMap<string, Reading> = new Map(),
): Draftsheet {
  const { readOnly, table } = part;
  return { part, current, overlaid: overlay({ current: current.body, readOnly, record, table, lookups }) };
}

/** @returns `undefined` when v2 says it all already and nothing obliges to write */
function putFor({ part, current, overlaid }: Draftsheet, subject: Subject): WriteCall | undefined {
  const changes = changesOf(overlaid, {
    current: current.body,
    readOnly: part.readOnly,
    table: part.table,
    ...(part.defaults === undefined ? {} : { defaults: part.defaults }),
    lastSent: subject.applied?.sent,
  });
  if (changes.length === 0 && !subject.mustWrite) return undefined;
  const { service, path } = part;
  return { service, method: "PUT", path, body: overlaid.body, ifMatch: current.etag, changes };
}

/** @param sheets in the order in which they are to be written */
export function planPuts(
  subject: Subject,
  uid: string,
  sheets: readonly Draftsheet[],
  remarks: Notes,
): Extract<Plan, { action: "update" | "unchanged" }> {
  const [first, ...others] = sheets.flatMap((sheet) => putFor(sheet, subject) ?? []);
  const notes = [...remarks, ...sheets.flatMap(({ overlaid }) => overlaid.notes)];
  const sent = sheets.reduce<SentDigest>(
    (before, { overlaid }) => sentOf(overlaid, before),
    subject.applied?.sent ?? "",
  );
  return first === undefined
    ? { action: "unchanged", uid, sent, notes }
    : { action: "update", uid, calls: [first, ...others], sent, notes };
}

/** @param remarks notes that are not about one column */
export function planPost(
  { naturalKey, ids }: { readonly naturalKey: NaturalKey; readonly ids?: V1Ids },
  { service, path }: Pick<Part, "service" | "path">,
  overlaid: Overlaid,
  remarks: Notes = [],
): Plan {
  const { body } = overlaid;
  return {
    action: "create",
    naturalKey,
    ...(ids === undefined ? {} : { ids }),
    call: { service, method: "POST", path, body, changes: changesOfCreate(body) },
    sent: sentOf(overlaid, undefined),
    notes: [...remarks, ...overlaid.notes],
  };
}

function changesOfCreate(body: JsonObject): WriteCall["changes"] {
  return Object.entries(body).map(([field, to]) => ({ field, from: undefined, to }));
}

/** A delete needs the ETag of a GET; what GET does not find is gone already. */
export async function planRemoval(
  world: World,
  uid: string,
  { service, path }: Pick<Part, "service" | "path">,
  next: "end" | "create",
): Promise<Plan> {
  const current = await world.get(service, path);
  if (current === undefined) return { action: "delete", uid, next };
  return {
    action: "delete",
    uid,
    call: { service, method: "DELETE", path, ifMatch: current.etag, changes: [] },
    next,
  };
}
