// SPDX-License-Identifier: MIT
import type { ResourceKind, Write } from "@repo/testkit/lfx-v2";
import { type ObjectKey, type ObjectKind, parseObjectKey } from "../../../src/records/object-key.ts";
import type { History } from "./history.ts";
import type { Rig } from "./rig.ts";

export interface HistoryProblem {
  readonly key: string;
  readonly problem: string;
}

const resourceOf = {
  project: "project",
  committee: "committee",
  member: "committee-member",
} as const satisfies Record<ObjectKind, ResourceKind>;

/** What is wrong in v2 after a history: objects missing, twice, nobody's, not as in v1, or once set back. */
export async function problemsOf(rig: Rig, history: History): Promise<readonly HistoryProblem[]> {
  const problems: HistoryProblem[] = [];
  const owners = new Map<string, string>();
  for (const [text, columns] of history.newest) {
    const key = parseObjectKey(text);
    if (key === undefined) continue;
    const tell = (problem: string): void => void problems.push({ key: text, problem });
    const mapping = await rig.mappings.read(key.kind, key.id, { fresh: true });
    if (columns["isdeleted"] === true) {
      if (mapping.state === "mapped") tell(`still mapped to ${mapping.uid}`);
      continue;
    }
    if (mapping.state !== "mapped") {
      tell(`not mapped but ${mapping.state}`);
      continue;
    }
    owners.set(mapping.uid, text);
    const problem = await differenceOf(rig, key, mapping.uid, columns);
    if (problem !== undefined) tell(problem);
    for (const told of settingsBack(rig.v2.record.writes, mapping.uid)) tell(told);
  }
  for (const resource of Object.values(resourceOf)) {
    for (const { uid, data } of rig.v2.model.list(resource)) {
      if (!owners.has(uid) && uid !== rig.v2.rootUid) {
        problems.push({ key: uid, problem: `${resource} ${JSON.stringify(data)} is nobody's` });
      }
    }
  }
  return problems;
}

async function differenceOf(
  rig: Rig,
  key: ObjectKey,
  uid: string,
  columns: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const data = rig.v2.model.get(resourceOf[key.kind], uid)?.data;
  if (data === undefined) return `${uid} is not in v2`;
  const [ours, theirs] =
    key.kind === "member"
      ? [columns["title"], data["job_title"]]
      : [columns["description__c"], data["description"]];
  if (ours !== theirs) return `is ${JSON.stringify(ours)} in v1 and ${JSON.stringify(theirs)} in v2`;
  if (key.kind === "project" && rig.v2.model.uidOfSlug(String(columns["slug__c"])) !== uid) {
    return `its slug leads to another project than ${uid}`;
  }
  if (key.kind !== "member") return undefined;
  const committee = await rig.mappings.read("committee", String(columns["collaboration_name__c"]), {
    fresh: true,
  });
  return committee.state === "mapped" && committee.uid === data["committee_uid"]
    ? undefined
    : "is in another committee";
}

/** Writes of an older revision after those of a newer one. */
function settingsBack(writes: readonly Write[], uid: string): readonly string[] {
  const found: string[] = [];
  let last = 0;
  for (const write of writes) {
    if (write.uid !== uid || write.body === undefined) continue;
    const text = write.body["description"] ?? write.body["job_title"];
    const revision = typeof text === "string" ? Number(text.slice(1)) : Number.NaN;
    if (!Number.isSafeInteger(revision)) continue;
    if (revision < last) found.push(`went back from r${last} to r${revision}`);
    last = revision;
  }
  return found;
}
