// SPDX-License-Identifier: Apache-2.0
import { type JsonObject, textOf } from "./json.ts";
import type { Call } from "./operation.ts";

type Action = "created" | "updated" | "deleted";

/** The envelope of an index message: it carries the caller's own token. */
function index(call: Call, subject: string, action: Action, data: JsonObject | string): void {
  const headers = { authorization: call.authorization, "x-on-behalf-of": call.caller.principal };
  const envelope = { action, headers, data, tags: [], indexing_config: {} };
  call.state.publish?.({ subject: `lfx.index.${subject}`, data: envelope });
}

function access(call: Call, operation: string, objectType: "project" | "committee", data: JsonObject): void {
  call.state.publish?.({
    subject: `lfx.fga-sync.${operation}`,
    data: { object_type: objectType, operation, data },
  });
}

function accessOf(data: JsonObject): JsonObject {
  return { uid: textOf(data, "uid"), public: data["public"] === true, relations: {}, references: {} };
}

export function publishProject(
  call: Call,
  action: "created" | "updated",
  data: JsonObject,
  settings: JsonObject,
): void {
  if (call.state.publish === undefined) return;
  index(call, "project", action, data);
  if (action === "created") index(call, "project_settings", action, settings);
  access(call, "update_access", "project", accessOf(data));
}

export function publishProjectSettings(call: Call, before: JsonObject, after: JsonObject): void {
  if (call.state.publish === undefined) return;
  index(call, "project_settings", "updated", after);
  access(call, "update_access", "project", { uid: call.uid, relations: {}, references: {} });
  call.state.publish({
    subject: "lfx.projects-api.project_settings.updated",
    data: { project_uid: call.uid, old_settings: before, new_settings: after },
  });
}

export function publishProjectDeleted(call: Call): void {
  if (call.state.publish === undefined) return;
  index(call, "project", "deleted", call.uid);
  index(call, "project_settings", "deleted", call.uid);
  access(call, "delete_access", "project", { uid: call.uid });
}

export function publishCommittee(
  call: Call,
  action: "created" | "updated",
  data: JsonObject,
  other: JsonObject,
): void {
  if (call.state.publish === undefined) return;
  index(call, "committee", action, data);
  if (action === "created") index(call, "committee_settings", action, withoutSecret(other));
  access(call, "update_access", "committee", accessOf(data));
  if (action === "updated")
    call.state.publish({
      subject: "lfx.committee-api.committee.updated",
      data: { committee_uid: textOf(data, "uid"), old_committee: other, committee: data },
    });
}

export function publishCommitteeSettings(call: Call, before: JsonObject, after: JsonObject): void {
  if (call.state.publish === undefined) return;
  index(call, "committee_settings", "updated", withoutSecret(after));
  access(call, "update_access", "committee", { uid: call.uid, relations: {}, references: {} });
  call.state.publish({
    subject: "lfx.committee-api.committee_settings.updated",
    data: {
      committee_uid: call.uid,
      old_settings: withoutSecret(before),
      settings: withoutSecret(after),
      updated_by: call.caller.principal,
    },
  });
}

export function publishCommitteeDeleted(call: Call): void {
  if (call.state.publish === undefined) return;
  index(call, "committee", "deleted", call.uid);
  index(call, "committee_settings", "deleted", call.uid);
  access(call, "delete_access", "committee", { uid: call.uid });
}

/** @param before the member as it was; absent on a create */
export function publishMember(call: Call, action: Action, member: JsonObject, before?: JsonObject): void {
  if (call.state.publish === undefined) return;
  const uid = textOf(member, "uid");
  index(call, "committee_member", action, action === "deleted" ? uid : member);
  const committee = textOf(member, "committee_uid");
  const [username, oldUsername] = [textOf(member, "username"), textOf(before, "username")];
  const change = (operation: string, name: string) =>
    access(call, operation, "committee", { uid: committee, username: name });
  if (username !== "") change(action === "deleted" ? "member_remove" : "member_put", username);
  if (oldUsername !== "" && oldUsername !== username) change("member_remove", oldUsername);
  call.state.publish({
    subject: `lfx.committee-api.committee_member.${action}`,
    data: { member, old_member: before ?? null, skip_notification: call.skipsNotification },
  });
}

function withoutSecret({ chat_webhook_url: _secret, ...shown }: JsonObject): JsonObject {
  return shown;
}
