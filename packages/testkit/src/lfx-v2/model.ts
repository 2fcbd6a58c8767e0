// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { type JsonObject, textOf } from "./json.ts";
import { keysOf } from "./member-rules.ts";
import { lookupKeys, type Store } from "./store.ts";
import type { ResourceKind } from "./write-log.ts";

/** An object as its service stores it, which is more than its answers show. */
export interface StoredObject {
  readonly uid: string;
  readonly revision: number;
  readonly data: JsonObject;
}

/** The objects behind both services, for tests: reading, and the edits of others who use v2. No rule is checked. */
export class Model {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(kind: ResourceKind): readonly StoredObject[] {
    return [...this.#store.bucketOf(kind).records].map(([uid, { data, revision }]) => ({
      uid,
      data,
      revision,
    }));
  }

  get(kind: ResourceKind, uid: string): StoredObject | undefined {
    const entry = this.#store.bucketOf(kind).get(uid);
    return entry === undefined ? undefined : { uid, ...entry };
  }

  /** The project that `slug_to_uid` names. */
  uidOfSlug(slug: string): string | undefined {
    return this.#store.projects.lookup(lookupKeys.slug(slug));
  }

  /** Members of a committee, also of one that is gone. */
  membersOf(committeeUid: string): readonly StoredObject[] {
    return [...this.#store.membersOf(committeeUid)].flatMap((uid) => this.get("committee-member", uid) ?? []);
  }

  /**
   * Changes members of an object, as someone else would; gives its new revision. `undefined` as a value removes the member.
   *
   * @throws {Error} when there is no such object
   */
  edit(kind: ResourceKind, uid: string, changes: JsonObject = {}): number {
    const bucket = this.#store.bucketOf(kind);
    const entry = bucket.get(uid);
    if (entry === undefined) throw new Error(`There is no ${kind} ${uid}.`);
    return bucket.put(uid, { ...entry.data, ...changes });
  }

  /** Removes an object with its look-up keys; whether there was one. */
  remove(kind: ResourceKind, uid: string): boolean {
    const store = this.#store;
    const data = store.bucketOf(kind).get(uid)?.data;
    if (data === undefined) return false;
    switch (kind) {
      case "project":
        store.projects.release(lookupKeys.slug(textOf(data, "slug")));
        store.projectSettings.remove(uid);
        return store.projects.remove(uid);
      case "committee":
        store.committees.release(lookupKeys.committeeName(textOf(data, "project_uid"), textOf(data, "name")));
        if (textOf(data, "sso_group_name") !== "")
          store.committees.release(lookupKeys.ssoGroup(textOf(data, "sso_group_name")));
        store.committeeSettings.remove(uid);
        return store.committees.remove(uid);
      case "committee-member": {
        const committeeUid = textOf(data, "committee_uid");
        store.members.release(lookupKeys.memberEmail(committeeUid, textOf(data, "email")));
        for (const key of keysOf(data)) store.members.release(key);
        return store.removeMember(committeeUid, uid);
      }
      case "project-settings":
      case "committee-settings":
        return store.bucketOf(kind).remove(uid);
    }
  }

  /** Adds a project with its settings, as it would be stored; gives its uid. */
  addProject(data: JsonObject & { readonly slug: string; readonly name: string }): string {
    const uid = textOf(data, "uid") || randomUUID();
    const times = { created_at: "2025-01-01T00:00:00Z", updated_at: "2025-01-01T00:00:00Z" };
    const flags = { public: false, is_foundation: false, autojoin_enabled: false };
    this.#store.projects.point(lookupKeys.slug(data.slug), uid);
    this.#store.projects.put(uid, { ...flags, description: "", ...times, ...data, uid });
    this.#store.projectSettings.put(uid, { uid, ...times });
    return uid;
  }

  /** Adds a committee with its settings, as it would be stored; gives its uid. */
  addCommittee(data: JsonObject & { readonly name: string; readonly project_uid: string }): string {
    const uid = textOf(data, "uid") || randomUUID();
    const flags = { enable_voting: false, sso_group_enabled: false, requires_review: false, public: false };
    const modes = { category: "Other", join_mode: "invite_only", calendar: { public: false } };
    const computed = { total_members: 0, total_voting_repos: 0, has_mailing_list: false };
    const project_name = textOf(this.#store.projects.get(data.project_uid)?.data, "name");
    this.#store.committees.point(lookupKeys.committeeName(data.project_uid, data.name), uid);
    this.#store.committees.put(uid, { ...flags, ...modes, ...computed, project_name, ...data, uid });
    this.#store.committeeSettings.put(uid, {
      uid,
      business_email_required: false,
      member_visibility: "hidden",
      show_meeting_attendees: false,
    });
    return uid;
  }

  /** Adds a member, as it would be stored; gives its uid. The committee's count does not change. */
  addMember(data: JsonObject & { readonly email: string; readonly committee_uid: string }): string {
    const uid = textOf(data, "uid") || randomUUID();
    const member = { ...blankMember, ...data, uid };
    this.#store.members.point(lookupKeys.memberEmail(data.committee_uid, data.email), uid);
    this.#store.addMember(data.committee_uid, uid, member);
    for (const key of keysOf(member)) this.#store.members.point(key, uid);
    return uid;
  }
}

const blankMember: JsonObject = {
  username: "",
  first_name: "",
  last_name: "",
  job_title: "",
  linkedin_profile: "",
  role: { name: "", start_date: "", end_date: "" },
  appointed_by: "None",
  status: "Active",
  voting: { status: "", start_date: "", end_date: "" },
  organization: { id: "", name: "", website: "" },
  created_at: "2025-01-01T00:00:00Z",
  updated_at: "2025-01-01T00:00:00Z",
};
