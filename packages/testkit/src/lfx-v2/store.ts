// SPDX-License-Identifier: Apache-2.0
import { hash } from "node:crypto";
import { Bucket, type OnBucketWrite } from "./bucket.ts";
import type { JsonObject } from "./json.ts";
import type { ResourceKind } from "./write-log.ts";

/** The buckets of both services. */
export class Store {
  readonly projects = new Bucket("projects");
  readonly projectSettings = new Bucket("project-settings");
  readonly committees = new Bucket("committees");
  readonly committeeSettings = new Bucket("committee-settings");
  readonly members = new Bucket("committee-members");
  /** Committee → its members, also those that survived it. */
  readonly #membersOf = new Map<string, Set<string>>();

  set onWrite(onWrite: OnBucketWrite) {
    for (const bucket of this.buckets) bucket.onWrite = onWrite;
  }

  get buckets(): readonly Bucket[] {
    return [this.projects, this.projectSettings, this.committees, this.committeeSettings, this.members];
  }

  bucketOf(kind: ResourceKind): Bucket {
    switch (kind) {
      case "project":
        return this.projects;
      case "project-settings":
        return this.projectSettings;
      case "committee":
        return this.committees;
      case "committee-settings":
        return this.committeeSettings;
      case "committee-member":
        return this.members;
    }
  }

  membersOf(committeeUid: string): ReadonlySet<string> {
    return this.#membersOf.get(committeeUid) ?? none;
  }

  addMember(committeeUid: string, uid: string, data: JsonObject): number {
    const members = this.#membersOf.get(committeeUid);
    if (members === undefined) this.#membersOf.set(committeeUid, new Set([uid]));
    else members.add(uid);
    return this.members.put(uid, data);
  }

  removeMember(committeeUid: string, uid: string, expected?: string): boolean {
    if (!this.members.remove(uid, expected)) return false;
    this.#membersOf.get(committeeUid)?.delete(uid);
    return true;
  }
}

const none: ReadonlySet<string> = new Set();

/** Look-up keys, as the services build them. */
export const lookupKeys = {
  slug: (slug: string) => `slug/${slug}`,
  committeeName: (projectUid: string, name: string) =>
    `lookup/committees/${hash("sha256", `${projectUid}|${name}`)}`,
  ssoGroup: (name: string) => `lookup/committee-sso-groups/${name}`,
  memberEmail: (committeeUid: string, email: string) =>
    `lookup/committee-members/${hash("sha256", `${normal(committeeUid)}|${normal(email)}`)}`,
  byCommittee: (committeeUid: string, uid: string) =>
    `lookup/committee-members-by-committee/${committeeUid}.${uid}`,
  byOrganization: (organizationId: string, uid: string) =>
    `lookup/committee-members-by-organization/${organizationId}.${uid}`,
  byEmail: (email: string, uid: string) =>
    `lookup/committee-members-by-email/${hash("sha256", normal(email))}.${uid}`,
  byUsername: (username: string, uid: string) =>
    `lookup/committee-members-by-username/${hash("sha256", normal(username))}.${uid}`,
} as const;

function normal(text: string): string {
  return text.toLowerCase().trim();
}
