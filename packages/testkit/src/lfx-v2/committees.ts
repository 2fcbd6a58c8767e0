// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { conflict, internal, notFound, unavailable, wrongLastSequence } from "./api-error.ts";
import { isRevision } from "./bucket.ts";
import { committeeFields } from "./committee-fields.ts";
import { badIfMatch, settingsFrom, shownCommitteeSettings } from "./committee-settings.ts";
import { type Json, type JsonObject, objectOf, textOf, withoutEmpty } from "./json.ts";
import { resyncMembers } from "./member-background.ts";
import { publishCommittee, publishCommitteeDeleted } from "./messages.ts";
import type { Call, Reply } from "./operation.ts";
import { reserveSsoGroup } from "./sso-group.ts";
import { nowText } from "./state.ts";
import { lookupKeys } from "./store.ts";
import type { NaturalKey } from "./write-log.ts";

export async function getCommittee(call: Call): Promise<Reply> {
  await call.gate();
  const entry = call.state.store.committees.get(call.uid);
  if (entry === undefined) throw notFound("committee not found");
  return { body: shownCommittee(entry.data), etag: entry.revision };
}

/** CR1–CR5. The name is reserved at once, so one of several creates that race succeeds. */
export async function createCommittee(call: Call): Promise<Reply> {
  const { store } = call.state;
  const uid = randomUUID();
  const now = nowText();
  const settings = { ...settingsFrom(call, uid), created_at: now, updated_at: now };
  const project = await findProject(call);
  refuseUnknownParent(call);
  await call.gate();
  const data: Record<string, Json> = { ...baseFrom(call.body, uid, project), ...noneYet };
  const name = textOf(data, "name");
  const nameKey = lookupKeys.committeeName(textOf(data, "project_uid"), name);
  if (!store.committees.reserve(nameKey, uid)) throw nameTaken();
  if (wantsSsoGroup(data)) {
    try {
      data["sso_group_name"] = reserveSsoGroup(store.committees, uid, project.slug, name);
    } catch (error) {
      store.committees.release(nameKey);
      throw error;
    }
  }
  await call.afterReservation();
  const after = store.committees.put(uid, data);
  store.committeeSettings.put(uid, settings);
  await call.committed({ resource: "committee", uid, naturalKey: keyOf(data), after });
  publishCommittee(call, "created", data, settings);
  return { body: shownFull(data, settings) };
}

/** CR6–CR8, in the service's order. */
export async function updateCommittee(call: Call): Promise<Reply> {
  const { store } = call.state;
  const { uid, ifMatch, body } = call;
  if (ifMatch === undefined) throw badIfMatch();
  const existing = store.committees.get(uid);
  if (existing === undefined) throw notFound("committee not found");
  if (!isRevision(existing, ifMatch)) throw call.stale(modified());
  const project = await findProject(call);
  await call.gate();
  const reserved = reserveNames(call, existing.data, project.slug);
  try {
    if (textOf(body, "parent_uid") !== textOf(existing.data, "parent_uid")) refuseUnknownParent(call);
  } catch (error) {
    for (const key of reserved.added) store.committees.release(key);
    throw error;
  }
  const { total_members = 0, total_voting_repos = 0, has_mailing_list = false } = existing.data;
  const readOnly = { total_members, total_voting_repos, has_mailing_list };
  const data = {
    ...baseFrom(body, uid, project),
    ...readOnly,
    sso_group_name: reserved.ssoGroupName ?? textOf(existing.data, "sso_group_name"),
  };
  const before = store.committees.get(uid)?.revision ?? 0;
  const after = store.committees.replace(uid, data, ifMatch);
  if (after === undefined) {
    for (const key of reserved.added) store.committees.release(key);
    throw call.stale(wrongLastSequence("failed to update committee base", before));
  }
  call.state.background.run(() => {
    for (const key of reserved.outdated) store.committees.release(key);
  });
  resyncMembers(call.state, existing.data, data);
  await call.committed({ resource: "committee", uid, naturalKey: keyOf(data), before, after });
  publishCommittee(call, "updated", data, existing.data);
  return { body: shownCommittee(data) };
}

/** CR9: the members stay. */
export async function deleteCommittee(call: Call): Promise<Reply> {
  const { store } = call.state;
  const { uid, ifMatch } = call;
  if (ifMatch === undefined) throw badIfMatch();
  const existing = store.committees.get(uid);
  if (existing === undefined) throw notFound("committee not found");
  if (!isRevision(existing, ifMatch)) throw call.stale(modified());
  await call.gate();
  const before = store.committees.get(uid)?.revision ?? 0;
  if (!store.committees.remove(uid, ifMatch))
    throw call.stale(wrongLastSequence("failed to delete committee base", before));
  store.committeeSettings.remove(uid);
  const { data } = existing;
  // Of the project that it is in now: a committee that was moved leaves its first reservation behind.
  store.committees.release(lookupKeys.committeeName(textOf(data, "project_uid"), textOf(data, "name")));
  const ssoGroupName = textOf(data, "sso_group_name");
  if (ssoGroupName !== "") store.committees.release(lookupKeys.ssoGroup(ssoGroupName));
  await call.committed({ resource: "committee", uid, naturalKey: keyOf(data), before });
  publishCommitteeDeleted(call);
  if (call.isSync && call.state.faults.indexer === "absent")
    throw unavailable("failed to publish deletion messages: nats: no responders available for request");
  return {};
}

interface ProjectNames {
  readonly slug: string;
  readonly name: string;
}

/** CR2: asked of the project service over NATS; an empty answer is taken for an unknown project. */
async function findProject({ body, state }: Call): Promise<ProjectNames> {
  const uid = textOf(body, "project_uid");
  const { faults, store } = state;
  if (faults.responders === "absent")
    throw internal("failed to get project attribute: nats: no responders available for request");
  if (faults.responders === "silent") await faults.untilSpeaking();
  const project = store.projects.get(uid)?.data;
  const [slug, name] = [textOf(project, "slug"), textOf(project, "name")];
  for (const [attribute, value] of [["slug", slug] as const, ["name", name] as const])
    if (value === "")
      throw notFound(`project attribute lfx.projects-api.get_${attribute} not found for uid: ${uid}`);
  return { slug, name };
}

/** CR3. */
function refuseUnknownParent({ body, state }: Call): void {
  const parentUid = textOf(body, "parent_uid");
  if (parentUid !== "" && state.store.committees.get(parentUid) === undefined)
    throw notFound("committee not found");
}

interface Reserved {
  readonly ssoGroupName: string | undefined;
  /** Keys that are given back when the write fails. */
  readonly added: readonly string[];
  /** Keys that are free once the write is done. */
  readonly outdated: readonly string[];
}

/** CR4, CR5 and CR7 for a committee that may have another name now; a new project alone reserves nothing (CR8). */
function reserveNames({ state, uid, body }: Call, existing: JsonObject, projectSlug: string): Reserved {
  const { committees } = state.store;
  const [name, oldName] = [textOf(body, "name"), textOf(existing, "name")];
  const oldSsoGroup = textOf(existing, "sso_group_name");
  const added: string[] = [];
  const outdated: string[] = [];
  if (name !== oldName) {
    const key = lookupKeys.committeeName(textOf(body, "project_uid"), name);
    if (!committees.reserve(key, uid)) throw nameTaken();
    added.push(key);
    outdated.push(lookupKeys.committeeName(textOf(existing, "project_uid"), oldName));
  }
  if (!wantsSsoGroup(body) || (name === oldName && oldSsoGroup !== ""))
    return { ssoGroupName: undefined, added, outdated };
  const ssoGroupName = reserveSsoGroup(committees, uid, projectSlug, name);
  added.push(lookupKeys.ssoGroup(ssoGroupName));
  if (oldSsoGroup !== "") outdated.push(lookupKeys.ssoGroup(oldSsoGroup));
  return { ssoGroupName, added, outdated };
}

const noneYet = { total_members: 0, total_voting_repos: 0, has_mailing_list: false, sso_group_name: "" };

function baseFrom(body: JsonObject, uid: string, project: ProjectNames): JsonObject {
  const data: Record<string, Json> = {
    uid,
    project_name: project.name,
    enable_voting: false,
    sso_group_enabled: false,
    requires_review: false,
    public: false,
    join_mode: "invite_only",
  };
  for (const name in committeeFields) {
    const sent = body[name];
    if (sent !== undefined) data[name] = sent;
  }
  data["calendar"] = { public: objectOf(body, "calendar")?.["public"] === true };
  return data;
}

function shownCommittee(data: JsonObject): JsonObject {
  const { total_members, total_voting_repos, ...rest } = data;
  const counts = {
    total_members: total_members || undefined,
    total_voting_repos: total_voting_repos || undefined,
  };
  return { ...withoutEmpty({ ...rest, ...counts }), name: textOf(data, "name") };
}

function shownFull(data: JsonObject, settings: JsonObject): JsonObject {
  const {
    has_chat_webhook: _has,
    created_at: _made,
    updated_at: _changed,
    ...shown
  } = shownCommitteeSettings(settings);
  const { project_name: _name, ...base } = shownCommittee(data);
  return { ...shown, ...base };
}

function keyOf(data: JsonObject): NaturalKey {
  return { kind: "committee", projectUid: textOf(data, "project_uid"), name: textOf(data, "name") };
}

function wantsSsoGroup(data: JsonObject): boolean {
  return data["sso_group_enabled"] === true || data["public"] === true;
}

const nameTaken = () => conflict("committee with the same name for the project already exists");
const modified = () => conflict("committee has been modified by another process");
