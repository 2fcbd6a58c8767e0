// SPDX-License-Identifier: Apache-2.0
import { badRequest, conflict, internal, notFound } from "./api-error.ts";
import { isJsonObject, type Json, type JsonObject, textOf, withoutEmpty } from "./json.ts";
import { publishProjectSettings } from "./messages.ts";
import type { Call, Reply } from "./operation.ts";
import { projectSettingsFields, singleUsers, userLists } from "./project-fields.ts";
import { nowText } from "./state.ts";

export async function getProjectSettings(call: Call): Promise<Reply> {
  const { store } = call.state;
  await call.gate();
  const settings = store.projectSettings.get(call.uid);
  if (store.projects.get(call.uid) === undefined || settings === undefined)
    throw notFound("project not found");
  return { body: shownSettings(settings.data, fullUser), etag: settings.revision };
}

/** PR5, PR7: everything that is left out is cleared. */
export async function updateProjectSettings(call: Call): Promise<Reply> {
  const { store } = call.state;
  const { ifMatch, uid } = call;
  if (ifMatch === undefined) throw badRequest("validation failed");
  const existing = store.projectSettings.get(uid);
  const project = store.projects.get(uid);
  if (project === undefined || existing === undefined) throw notFound("project not found");
  const data = settingsFrom(call, uid, textOf(existing.data, "created_at"));
  await call.gate();
  const before = store.projectSettings.get(uid)?.revision;
  const after = store.projectSettings.replace(uid, data, ifMatch);
  if (after === undefined || before === undefined) throw call.stale(conflict("revision mismatch"));
  const naturalKey = { kind: "project", slug: textOf(project.data, "slug") } as const;
  await call.committed({ resource: "project-settings", uid, naturalKey, before, after });
  publishProjectSettings(call, existing.data, data);
  if (call.isSync && call.state.faults.indexer === "absent") throw internal("internal error");
  return { body: shownSettings(data, withoutEmpty) };
}

/**
 * The settings of a create or an update, its users looked up.
 *
 * @throws {ApiError} 500 when a user has an e-mail address and the directory does not answer
 */
export function settingsFrom(
  { body, state, hasDirectory }: Call,
  uid: string,
  createdAt: string,
): JsonObject {
  const data: Record<string, Json> = { uid };
  for (const name in projectSettingsFields) {
    const sent = body[name];
    if (sent !== undefined) data[name] = sent;
  }
  const enrich = (user: Json | undefined): JsonObject => {
    const { invite: _managed, ...sent } = isJsonObject(user) ? user : {};
    const email = textOf(sent, "email");
    if (email.trim() === "") return sent;
    if (!hasDirectory) throw internal("internal error");
    const person = state.directory.find(email);
    if (person === undefined) return { ...sent, username: "" };
    const profile = withoutEmpty({ name: person.name, avatar: person.picture });
    return { ...sent, ...profile, username: person.username };
  };
  for (const name of userLists) {
    const users = data[name];
    if (Array.isArray(users)) data[name] = users.map(enrich);
  }
  for (const name of singleUsers) if (data[name] !== undefined) data[name] = enrich(data[name]);
  return { ...data, created_at: createdAt, updated_at: nowText() };
}

/** Settings as an answer has them, each user in the given form. */
export function shownSettings(data: JsonObject, showUser: (user: JsonObject) => JsonObject): JsonObject {
  const shown: Record<string, Json | undefined> = withoutEmpty(data);
  for (const name of userLists) {
    const users = shown[name];
    if (Array.isArray(users)) shown[name] = users.filter(isJsonObject).map(showUser);
  }
  for (const name of singleUsers) {
    const user = shown[name];
    if (isJsonObject(user)) shown[name] = showUser(user);
  }
  return shown;
}

/** GET gives all four members of each user; other answers leave out the empty ones. */
function fullUser(user: JsonObject): JsonObject {
  return {
    name: textOf(user, "name"),
    email: textOf(user, "email"),
    username: textOf(user, "username"),
    avatar: textOf(user, "avatar"),
  };
}
