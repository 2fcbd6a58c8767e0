// SPDX-License-Identifier: MIT
import { type Evidence, mappedUid, mappingKeys, resourceOf, storedOf } from "./evidence.ts";
import type { Kind, V1Object } from "./v1-object.ts";

const kindOfPrefix: Readonly<Record<string, Kind>> = {
  project: "project",
  committee: "committee",
  committee_member: "member",
};

/** What is wrong with `v1-mappings`, and what v2 holds that no mapping leads to. */
export function judgeMappings(evidence: Evidence): readonly string[] {
  const problems: string[] = [];
  const owners = new Map<string, V1Object>();
  for (const object of evidence.objects) {
    const uid = mappedUid(evidence, object.kind, object.id);
    if (uid === undefined || uid === "deleted") continue;
    const other = owners.get(uid);
    if (other !== undefined) problems.push(`${object.key} and ${other.key} are mapped to the same ${uid}`);
    owners.set(uid, object);
    problems.push(...judgeForward(evidence, object, uid), ...judgeReverse(evidence, object, uid));
  }
  for (const [kind, resource] of Object.entries(resourceOf)) {
    for (const { uid, data } of evidence.v2.model.list(resource)) {
      if (uid !== evidence.v2.rootUid && !owners.has(uid))
        problems.push(`the ${kind} ${uid} in v2 is nobody's: ${JSON.stringify(data)}`);
    }
  }
  return [...problems, ...strayKeys(evidence, owners)];
}

function judgeForward(evidence: Evidence, { kind, id, key }: V1Object, uid: string): readonly string[] {
  const value = evidence.mappings.get(mappingKeys.forward(kind, id))?.value;
  const committee = storedOf(evidence, kind, uid)?.data["committee_uid"];
  const wanted = kind === "member" && typeof committee === "string" ? `${committee}:${uid}` : uid;
  return value === wanted ? [] : [`${key} is mapped to ${value} in place of ${wanted}`];
}

function judgeReverse(
  { mappings }: Evidence,
  { kind, id, key, revisions }: V1Object,
  uid: string,
): readonly string[] {
  const value = mappings.get(mappingKeys.reverse(kind, uid))?.value;
  const told = `the way back from ${uid} is ${value}, and not that of ${key}`;
  // Ids around the object are those of some revision, or not known where it was adopted.
  const ids = (column: string): Set<unknown> =>
    new Set([...revisions.map(({ columns }) => columns?.[column] ?? ""), ""]);
  const parts = value?.split(":") ?? [];
  switch (kind) {
    case "project":
      return value === id ? [] : [told];
    case "committee":
      return parts.length === 2 && ids("project_name__c").has(parts[0]) && parts[1] === id ? [] : [told];
    case "member": {
      const columns = ["project_name__c", "collaboration_name__c", "contact_name__c"];
      const isWhole = parts.length === 3 && columns.every((column, at) => ids(column).has(parts[at]));
      const owner = mappings.get(mappingKeys.memberOwner(uid))?.value;
      return isWhole && owner === id ? [] : [`${told} (its owner: ${owner})`];
    }
  }
}

/** Keys that belong to no object, and ways back from what is not there. */
function strayKeys(
  { mappings, objects }: Evidence,
  owners: ReadonlyMap<string, V1Object>,
): readonly string[] {
  const ids = new Set(objects.map(({ kind, id }) => mappingKeys.forward(kind, id)));
  return [...mappings].flatMap(([key, { value }]) => {
    const [prefix = "", way, ...rest] = key.split(".");
    if (kindOfPrefix[prefix] === undefined) return [`the key ${key} does not belong into v1-mappings`];
    if (way === "sfid") return ids.has(key) ? [] : [`the mapping ${key} is of no object`];
    const isStray = value !== undefined && value !== "!del" && !owners.has(rest.join("."));
    return isStray ? [`the way back ${key} = ${value} begins at what is not mapped`] : [];
  });
}
