// SPDX-License-Identifier: Apache-2.0
import { type JsonObject, textOf } from "./json.ts";
import type { State } from "./state.ts";

/** Counts a committee's members anew, shortly after one came or went: the committee has a new revision then. */
export function recountMembers({ background, store }: State, committeeUid: string): void {
  background.run(() => {
    const entry = store.committees.get(committeeUid);
    if (entry === undefined) return;
    const total_members = store.membersOf(committeeUid).size;
    store.committees.put(committeeUid, { ...entry.data, total_members });
  });
}

/**
 * Writes a committee's name, category and project into its members, shortly after one of them changed: the members have
 * new revisions then.
 */
export function resyncMembers(state: State, before: JsonObject, after: JsonObject): void {
  const hasChanged = ["name", "category", "project_uid"].some((name) => before[name] !== after[name]);
  if (!hasChanged) return;
  const { background, store, directory } = state;
  const committeeUid = textOf(after, "uid");
  background.run(() => {
    const committee = committeeOf(state, committeeUid);
    if (committee === undefined) return;
    for (const uid of store.membersOf(committeeUid)) {
      const member = store.members.get(uid)?.data;
      if (member === undefined) continue;
      const username = directory.find(textOf(member, "email"))?.username ?? textOf(member, "username");
      store.members.put(uid, { ...member, ...committee, username });
    }
  });
}

/** What members repeat of their committee; `undefined` when there is no such committee. */
export function committeeOf({ store }: State, committeeUid: string): JsonObject | undefined {
  const committee = store.committees.get(committeeUid)?.data;
  if (committee === undefined) return undefined;
  const projectUid = textOf(committee, "project_uid");
  return {
    committee_uid: committeeUid,
    committee_name: textOf(committee, "name"),
    committee_category: textOf(committee, "category"),
    project_uid: projectUid,
    project_slug: textOf(store.projects.get(projectUid)?.data, "slug"),
  };
}
