// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { badRequest, conflict, notFound, unavailable } from "./api-error.ts";
import { isRevision } from "./bucket.ts";
import { badIfMatch } from "./committee-settings.ts";
import { type Json, type JsonObject, objectOf, textOf, withoutEmpty } from "./json.ts";
import { committeeOf, recountMembers } from "./member-background.ts";
import { keysOf, organizationFrom, personOf, refuseMember } from "./member-rules.ts";
import { publishMember } from "./messages.ts";
import type { Call, Reply } from "./operation.ts";
import { nowText } from "./state.ts";
import { lookupKeys } from "./store.ts";
import type { NaturalKey } from "./write-log.ts";

export async function getMember(call: Call): Promise<Reply> {
  const { store } = call.state;
  await call.gate();
  if (store.committees.get(call.uid) === undefined) throw notFound("committee not found");
  const entry = store.members.get(call.memberUid);
  if (entry === undefined) throw notFound("committee member not found");
  if (textOf(entry.data, "committee_uid") !== call.uid) throw notOfThisCommittee();
  return { body: shownMember(entry.data), etag: entry.revision };
}

/** MR1–MR6. The address is reserved at once, so one of several creates that race succeeds. */
export async function createMember(call: Call): Promise<Reply> {
  const { store } = call.state;
  const committee = committeeOf(call.state, call.uid);
  if (committee === undefined) throw notFound("committee not found");
  const organization = organizationFrom(call);
  refuseMember(call.state, call.uid, organization, votingStatusOf(call.body), "");
  const person = personOf(call);
  const username = call.skipsEnrichment ? textOf(call.body, "username") : (person?.username ?? "");
  const uid = randomUUID();
  const now = nowText();
  const names = { first_name: person?.givenName ?? "", last_name: person?.familyName ?? "" };
  const data = {
    ...memberFrom(call.body, { uid, username, organization, created_at: now, updated_at: now }, names),
    ...committee,
  };
  await call.gate();
  const email = textOf(data, "email");
  const emailKey = lookupKeys.memberEmail(call.uid, email);
  if (!store.members.reserve(emailKey, uid)) throw emailTaken();
  await call.afterReservation();
  const after = store.addMember(call.uid, uid, data);
  for (const key of keysOf(data)) store.members.point(key, uid);
  recountMembers(call.state, call.uid);
  await call.committed({ resource: "committee-member", uid, naturalKey: keyOf(data), after });
  publishMember(call, "created", data);
  return { body: shownMember(data) };
}

/** MR9 gives the order, MR10 the replacement. */
export async function updateMember(call: Call): Promise<Reply> {
  const { store } = call.state;
  const { memberUid: uid, ifMatch, body } = call;
  if (ifMatch === undefined) throw badIfMatch();
  const existing = store.members.get(uid);
  if (existing === undefined) throw notFound("committee member not found");
  if (!isRevision(existing, ifMatch)) throw call.stale(modified());
  if (textOf(existing.data, "committee_uid") !== call.uid) throw notOfThisCommittee();
  const committee = committeeOf(call.state, call.uid);
  if (committee === undefined) throw notFound("committee not found");
  const organization = organizationFrom(call);
  const storedStatus = textOf(objectOf(existing.data, "voting"), "status");
  refuseMember(call.state, call.uid, organization, votingStatusOf(body), storedStatus);
  await call.gate();
  const [email, oldEmail] = [textOf(body, "email"), textOf(existing.data, "email")];
  const emailKey = lookupKeys.memberEmail(call.uid, email);
  // Exact, while the key is not: a change of case alone meets the member's own reservation.
  const isMoved = email !== oldEmail;
  if (isMoved && !store.members.reserve(emailKey, uid)) throw emailTaken();
  const fixed = { uid, organization, created_at: textOf(existing.data, "created_at"), updated_at: nowText() };
  const username = usernameOf(call, isMoved ? "" : textOf(existing.data, "username"));
  const data = { ...memberFrom(body, { ...fixed, username }), ...committee };
  const before = store.members.get(uid)?.revision;
  const after = store.members.replace(uid, data, ifMatch);
  if (after === undefined) {
    if (isMoved) store.members.release(emailKey);
    throw call.stale(conflict("revision conflict: committee member has been changed"));
  }
  moveKeys(call, existing.data, data, isMoved);
  await call.committed({
    resource: "committee-member",
    uid,
    naturalKey: keyOf(data),
    before: before ?? 0,
    after,
  });
  publishMember(call, "updated", data, existing.data);
  return { body: shownMember(data) };
}

/** MR8: whichever committee the path names. */
export async function deleteMember(call: Call): Promise<Reply> {
  const { store } = call.state;
  const { memberUid: uid, ifMatch } = call;
  if (ifMatch === undefined) throw badIfMatch();
  const existing = store.members.get(uid);
  if (existing === undefined) throw notFound("committee member not found");
  if (!isRevision(existing, ifMatch)) throw call.stale(modified());
  await call.gate();
  const current = store.members.get(uid);
  if (current === undefined) throw notFound("committee member not found");
  const committeeUid = textOf(current.data, "committee_uid");
  if (!store.removeMember(committeeUid, uid, ifMatch))
    throw call.stale(conflict("revision conflict: committee member has been changed"));
  store.members.release(lookupKeys.memberEmail(committeeUid, textOf(current.data, "email")));
  for (const key of keysOf(current.data)) store.members.release(key);
  recountMembers(call.state, committeeUid);
  const naturalKey = keyOf(current.data);
  await call.committed({ resource: "committee-member", uid, naturalKey, before: current.revision });
  publishMember(call, "deleted", current.data);
  if (call.isSync && call.state.faults.indexer === "absent")
    throw unavailable("failed to publish member deletion message: nats: no responders available for request");
  return {};
}

/** @param known the name that stays when the directory knows nobody */
function usernameOf(call: Call, known: string): string {
  if (call.skipsEnrichment) return textOf(call.body, "username");
  return personOf(call)?.username ?? known;
}

function moveKeys({ state }: Call, before: JsonObject, after: JsonObject, isMoved: boolean): void {
  const { members } = state.store;
  const [oldKeys, newKeys] = [keysOf(before), keysOf(after)];
  for (const key of newKeys) if (!oldKeys.includes(key)) members.point(key, textOf(after, "uid"));
  const outdated = oldKeys.filter((key) => !newKeys.includes(key));
  if (isMoved)
    outdated.push(lookupKeys.memberEmail(textOf(before, "committee_uid"), textOf(before, "email")));
  if (outdated.length === 0) return;
  state.background.run(() => {
    for (const key of outdated) members.release(key);
  });
}

interface Fixed {
  readonly uid: string;
  readonly username: string;
  readonly organization: JsonObject;
  readonly created_at: string;
  readonly updated_at: string;
}

/** @param profile names for those that are not sent */
function memberFrom(body: JsonObject, fixed: Fixed, profile: JsonObject = {}): JsonObject {
  return {
    ...fixed,
    email: textOf(body, "email"),
    first_name: textOf(body, "first_name") || textOf(profile, "first_name"),
    last_name: textOf(body, "last_name") || textOf(profile, "last_name"),
    job_title: textOf(body, "job_title"),
    linkedin_profile: textOf(body, "linkedin_profile"),
    role: partFrom(body, "role", "name"),
    appointed_by: textOf(body, "appointed_by") || "None",
    status: textOf(body, "status") || "Active",
    voting: partFrom(body, "voting", "status"),
  };
}

/** A role or the voting rights, whose first member is "" exactly when none were sent. */
function partFrom(body: JsonObject, name: string, main: string): JsonObject {
  const sent = objectOf(body, name);
  const value = sent === undefined ? "" : textOf(sent, main) || "None";
  return { [main]: value, start_date: textOf(sent, "start_date"), end_date: textOf(sent, "end_date") };
}

function votingStatusOf(body: JsonObject): string {
  return textOf(partFrom(body, "voting", "status"), "status");
}

function shownMember(data: JsonObject): JsonObject {
  const { role, voting, organization, project_uid: _uid, project_slug: _slug, ...rest } = data;
  const shown: Record<string, Json | undefined> = { ...withoutEmpty(rest) };
  const [shownRole, shownVoting] = [objectOf({ role }, "role"), objectOf({ voting }, "voting")];
  if (textOf(shownRole, "name") !== "") shown["role"] = withNulls(shownRole);
  if (textOf(shownVoting, "status") !== "") shown["voting"] = withNulls(shownVoting);
  const parts = withNulls(objectOf({ organization }, "organization"));
  if (Object.values(parts).some((part) => part !== null)) shown["organization"] = parts;
  return shown;
}

/** In these three objects what is absent is null, not left out. */
function withNulls(part: JsonObject = {}): JsonObject {
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, value === "" ? null : value]));
}

function keyOf(data: JsonObject): NaturalKey {
  return { kind: "member", committeeUid: textOf(data, "committee_uid"), email: textOf(data, "email") };
}

const emailTaken = () => conflict("member with the same email already exists in the committee");
const modified = () => conflict("committee member has been modified by another process");
const notOfThisCommittee = () => badRequest("committee member does not belong to the requested committee");
