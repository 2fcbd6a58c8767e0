// SPDX-License-Identifier: Apache-2.0
import { badRequest, conflict, internal, notFound, wrongLastSequence } from "./api-error.ts";
import { isRevision } from "./bucket.ts";
import { isJsonObject, type Json, type JsonObject, listOf, textOf, withoutEmpty } from "./json.ts";
import { publishCommitteeSettings } from "./messages.ts";
import type { Call, Reply } from "./operation.ts";
import { nowText } from "./state.ts";

export async function getCommitteeSettings(call: Call): Promise<Reply> {
  await call.gate();
  const entry = call.state.store.committeeSettings.get(call.uid);
  if (entry === undefined) throw notFound("committee settings not found");
  return { body: shownCommitteeSettings(entry.data), etag: entry.revision };
}

/** Writers, auditors and the chat's address stay when they are left out; all else is cleared. */
export async function updateCommitteeSettings(call: Call): Promise<Reply> {
  const { store } = call.state;
  const { ifMatch, uid } = call;
  if (ifMatch === undefined) throw badIfMatch();
  const sent = settingsFrom(call, uid);
  const existing = store.committeeSettings.get(uid);
  if (existing === undefined) throw notFound("committee settings not found");
  if (!isRevision(existing, ifMatch))
    throw call.stale(conflict("committee settings have been modified by another process"));
  const { writers, auditors, chat_webhook_url } = existing.data;
  const data = {
    ...withoutAbsent({ writers, auditors, chat_webhook_url }),
    ...sent,
    created_at: textOf(existing.data, "created_at"),
    updated_at: nowText(),
  };
  await call.gate();
  const before = store.committeeSettings.get(uid)?.revision ?? 0;
  const after = store.committeeSettings.replace(uid, data, ifMatch);
  if (after === undefined) throw call.stale(wrongLastSequence("failed to update committee settings", before));
  const committee = store.committees.get(uid)?.data;
  const naturalKey = {
    kind: "committee",
    projectUid: textOf(committee, "project_uid"),
    name: textOf(committee, "name"),
  } as const;
  await call.committed({ resource: "committee-settings", uid, naturalKey, before, after });
  publishCommitteeSettings(call, existing.data, data);
  return { body: shownCommitteeSettings(data) };
}

/**
 * CR1: the settings of a request, its writers and auditors looked up.
 *
 * @throws {ApiError} 500 when one has an e-mail address and the directory does not answer, 400 when one has neither
 *   username nor address
 */
export function settingsFrom(call: Call, uid: string): JsonObject {
  const { body } = call;
  const data: Record<string, Json> = {
    uid,
    business_email_required: body["business_email_required"] === true,
    member_visibility: textOf(body, "member_visibility") || "hidden",
    show_meeting_attendees: body["show_meeting_attendees"] === true,
  };
  for (const name of ["last_reviewed_at", "last_reviewed_by", "chat_webhook_url"]) {
    const sent = body[name];
    if (sent !== undefined) data[name] = sent;
  }
  for (const name of ["writers", "auditors"]) {
    if (body[name] === undefined) continue;
    const users = listOf(body, name).map((user) => enrich(call, isJsonObject(user) ? user : {}));
    for (const user of users)
      if (textOf(user, "username") === "" && textOf(user, "email").trim() === "")
        throw badRequest(`each of ${name} needs a username or an email`);
    data[name] = users;
  }
  return data;
}

function enrich({ state, hasDirectory }: Call, sent: JsonObject): JsonObject {
  const email = textOf(sent, "email");
  if (email.trim() === "") return sent;
  if (!hasDirectory) throw internal("failed to look up a user: nats: no responders available for request");
  const { username: _untrusted, ...rest } = sent;
  const person = state.directory.find(email);
  if (person === undefined) return rest;
  const profile = withoutEmpty({ name: person.name, avatar: person.picture });
  return { ...rest, ...profile, username: person.username };
}

/** An answer's form; the address of the chat never comes back. */
export function shownCommitteeSettings(data: JsonObject): JsonObject {
  const { chat_webhook_url: secret, ...rest } = data;
  return { ...withoutEmpty(rest), has_chat_webhook: secret !== undefined && secret !== "" };
}

export function badIfMatch() {
  return badRequest("If-Match header is missing or no decimal number");
}

function withoutAbsent(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}
