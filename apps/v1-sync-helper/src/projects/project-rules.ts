// SPDX-License-Identifier: MIT
import type { Draft } from "../objects/field-path.ts";
import type { World } from "../objects/world.ts";
import type { Json, JsonObject } from "../records/json.ts";
import type { V1Record } from "../records/v1-record.ts";
import { parentColumn, stageColumns } from "./project-table.ts";

export const rootSlug = "ROOT";

/**
 * v2 refuses a project that is archived and has no day of dissolution. v1 knows such projects, and nobody may make up
 * a legal fact, so either v2 keeps the day it has, or the stage stays as it is.
 *
 * @param body is mended
 * @returns what to remark
 */
export function mendArchived(body: Draft, current: JsonObject | undefined): string | undefined {
  if (body["stage"] !== "Archived" || body["entity_dissolution_date"] !== undefined) return undefined;
  const day = current?.["entity_dissolution_date"];
  if (current?.["stage"] === "Archived" && typeof day === "string") {
    body["entity_dissolution_date"] = day;
    return "project_entity_dissolution_date__c is empty, and v2 archives no project without it: entity_dissolution_date stays as it is";
  }
  if (current?.["stage"] === undefined) delete body["stage"];
  else body["stage"] = current["stage"];
  return "the stage Archived needs project_entity_dissolution_date__c: stage stays as it is";
}

/** PUT requires three fields that GET leaves out when they are empty. */
export function addRequired(body: Draft): void {
  for (const field of ["name", "description", "parent_uid"]) body[field] ??= "";
}

/**
 * The rule for `public` where the record itself does not say: active in v1, and below `ROOT` or something public.
 *
 * @returns `undefined` when the record says it, or says nothing that the rule goes by
 * @throws {UnavailableError} when the parent cannot be read
 */
export async function publicByRule(
  record: V1Record,
  body: JsonObject,
  world: World,
): Promise<boolean | undefined> {
  const said = record.read(["public__c"])?.value;
  if (said === null || said === "" || typeof said === "boolean") return undefined;
  if (record.read([...stageColumns, parentColumn]) === undefined) return undefined;
  // v1's own word: a stage that v2 does not know must not leave the project public.
  if ((stageInV1(record) ?? body["stage"]) !== "Active") return false;
  const parentUid = body["parent_uid"];
  if (typeof parentUid !== "string" || parentUid === "") return false;
  if (parentUid === (await world.rootUid())) return true;
  const parent = await world.get("project", `/projects/${encodeURIComponent(parentUid)}`);
  return parent?.body["public"] === true;
}

/** The stage that the record names, whether v2 knows it or not; `""` when it names none. */
function stageInV1(record: V1Record): string | undefined {
  for (const column of stageColumns) {
    const stage: Json | undefined = record.read([column])?.value;
    if (stage === null) return "";
    if (typeof stage === "string") return stage.trim();
  }
  return undefined;
}
