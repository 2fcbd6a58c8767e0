// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { badRequest, conflict, internal, notFound } from "./api-error.ts";
import { isFormat } from "./formats.ts";
import { type Json, type JsonObject, listOf, textOf, withoutEmpty } from "./json.ts";
import { publishProject, publishProjectDeleted } from "./messages.ts";
import type { Call, Reply } from "./operation.ts";
import { projectFields } from "./project-fields.ts";
import { settingsFrom, shownSettings } from "./project-settings.ts";
import { nowText } from "./state.ts";
import { lookupKeys, type Store } from "./store.ts";

export async function listProjects(call: Call): Promise<Reply> {
  const { store } = call.state;
  await call.gate();
  const projects = [...store.projects.records].map(([uid, { data }]) =>
    shownFull(data, store.projectSettings.get(uid)?.data ?? {}),
  );
  return { body: { projects } };
}

export async function getProject(call: Call): Promise<Reply> {
  await call.gate();
  const entry = call.state.store.projects.get(call.uid);
  if (entry === undefined) throw notFound("project not found");
  return { body: shownBase(entry.data), etag: entry.revision };
}

/** PR1–PR4, PR11. The slug is checked, then written: creates that race all succeed (PR3). */
export async function createProject(call: Call): Promise<Reply> {
  const { store } = call.state;
  const slug = textOf(call.body, "slug");
  refuseArchivedWithoutDate(call.body);
  if (store.projects.lookup(lookupKeys.slug(slug)) !== undefined) throw slugTaken();
  refuseUnknownParent(store, call.body);
  const uid = randomUUID();
  const now = nowText();
  const settings = settingsFrom(call, uid, now);
  const data = baseFrom(call.body, uid, now);
  await call.gate();
  store.projects.point(lookupKeys.slug(slug), uid);
  const after = store.projects.put(uid, data);
  store.projectSettings.put(uid, settings);
  await call.committed({ resource: "project", uid, naturalKey: { kind: "project", slug }, after });
  publishProject(call, "created", data, settings);
  refuseWithoutIndexer(call);
  return { body: shownFull(data, settings) };
}

/** PR1, PR2, PR4–PR6: a new slug moves the index before the revision is looked at. */
export async function updateProject(call: Call): Promise<Reply> {
  const { store } = call.state;
  const { uid, ifMatch, body } = call;
  refuseArchivedWithoutDate(body);
  if (ifMatch === undefined) throw badRequest("validation failed");
  const existing = store.projects.get(uid);
  if (existing === undefined) throw notFound("project not found");
  const slug = textOf(body, "slug");
  if (slug !== textOf(existing.data, "slug") && store.projects.lookup(lookupKeys.slug(slug)) !== undefined)
    throw slugTaken();
  refuseUnknownParent(store, body);
  const data = baseFrom(body, uid, textOf(existing.data, "created_at"));
  await call.gate();
  const current = store.projects.get(uid);
  if (current === undefined) throw internal("internal error");
  const oldSlug = textOf(current.data, "slug");
  if (slug !== oldSlug) {
    store.projects.release(lookupKeys.slug(oldSlug));
    store.projects.point(lookupKeys.slug(slug), uid);
  }
  const after = store.projects.replace(uid, data, ifMatch);
  if (after === undefined) throw call.stale(conflict("revision mismatch"));
  const naturalKey = { kind: "project", slug } as const;
  await call.committed({ resource: "project", uid, naturalKey, before: current.revision, after });
  publishProject(call, "updated", data, store.projectSettings.get(uid)?.data ?? {});
  refuseWithoutIndexer(call);
  return { body: shownBase(data) };
}

/** PR5, PR8, PR9. The slug's key goes whoever it names by now. */
export async function deleteProject(call: Call): Promise<Reply> {
  const { store } = call.state;
  const { uid, ifMatch } = call;
  if (ifMatch === undefined) throw badRequest("validation failed");
  const existing = store.projects.get(uid);
  if (existing === undefined) throw notFound("project not found");
  const models = listOf(existing.data, "funding_model");
  if (models.length !== 1 || models[0] !== "Crowdfunding")
    throw badRequest("project can only be deleted if its funding model is Crowdfunding only");
  await call.gate();
  const current = store.projects.get(uid);
  if (current === undefined) throw notFound("project not found");
  if (!store.projects.remove(uid, ifMatch)) throw call.stale(conflict("revision mismatch"));
  const slug = textOf(current.data, "slug");
  store.projects.release(lookupKeys.slug(slug));
  store.projectSettings.remove(uid);
  const naturalKey = { kind: "project", slug } as const;
  await call.committed({ resource: "project", uid, naturalKey, before: current.revision });
  publishProjectDeleted(call);
  refuseWithoutIndexer(call);
  return {};
}

/** Makes the root of all projects, whose slug no request could have. */
export function createRoot(store: Store): string {
  const uid = randomUUID();
  const now = nowText();
  store.projects.point(lookupKeys.slug("ROOT"), uid);
  const sent = { slug: "ROOT", name: "ROOT", description: "The root of all projects.", public: false };
  store.projects.put(uid, baseFrom(sent, uid, now));
  store.projectSettings.put(uid, { uid, created_at: now, updated_at: now });
  return uid;
}

function baseFrom(body: JsonObject, uid: string, createdAt: string): JsonObject {
  const data: Record<string, Json> = { uid, public: false, is_foundation: false, autojoin_enabled: false };
  for (const name in projectFields) {
    const sent = body[name];
    if (sent !== undefined) data[name] = sent;
  }
  data["created_at"] = createdAt;
  data["updated_at"] = nowText();
  return data;
}

function shownBase(data: JsonObject): JsonObject {
  return withoutEmpty(data);
}

function shownFull(data: JsonObject, settings: JsonObject): JsonObject {
  return { ...shownSettings(settings, withoutEmpty), ...shownBase(data) };
}

function refuseArchivedWithoutDate(body: JsonObject): void {
  if (body["stage"] === "Archived" && textOf(body, "entity_dissolution_date") === "")
    throw badRequest("entity_dissolution_date is required when stage is Archived");
}

function refuseUnknownParent(store: Store, body: JsonObject): void {
  const parentUid = textOf(body, "parent_uid");
  if (parentUid === "") return;
  if (!isFormat.uuid(parentUid)) throw badRequest("validation failed");
  if (store.projects.get(parentUid) === undefined) throw badRequest("invalid parent project");
}

function refuseWithoutIndexer(call: Call): void {
  if (call.isSync && call.state.faults.indexer === "absent") throw internal("internal error");
}

function slugTaken() {
  return conflict("project slug already exists");
}
