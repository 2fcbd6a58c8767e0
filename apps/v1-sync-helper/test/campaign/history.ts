// SPDX-License-Identifier: MIT
import { encode } from "@msgpack/msgpack";
import { editors } from "./people.ts";
import { Chance } from "./random.ts";
import {
  type CommitteeBase,
  committeeRow,
  editedAt,
  type MemberBase,
  memberRow,
  projectRow,
} from "./rows.ts";
import { type Columns, type Fate, type Kind, type Revision, type V1Object, v1Key } from "./v1-object.ts";

/** One record that v1's extraction writes. */
export interface Step {
  readonly object: V1Object;
  readonly revision: Revision;
}

/** What v1 does to its objects, the same for the same seed. */
export interface History {
  readonly objects: readonly V1Object[];
  /** In the order of arrival: of each object in order, of different ones shuffled, some twice. */
  readonly steps: readonly Step[];
}

type RowOf = (revision: number, editor: string | null) => Columns;

/** @param count objects, at least 20 */
export function createHistory(seed: number, count: number): History {
  const chance = new Chance(seed);
  const projects = createProjects(chance, Math.max(Math.round(count * 0.15), 6));
  const committees = createCommittees(chance, Math.max(Math.round(count * 0.25), 6), projects);
  const members = createMembers(chance, count - projects.length - committees.length, committees);
  const objects = [...projects, ...committees, ...members];
  return { objects, steps: arrange(chance, objects) };
}

/** Three levels. Only what stays alive has children, and only what has none meets another fate. */
function createProjects(chance: Chance, count: number): readonly V1Object[] {
  const levels: string[][] = [[], [], []];
  const objects: V1Object[] = [];
  let rival: string | undefined;
  for (let n = 0; n < count; n += 1) {
    const level = n < 2 ? 0 : n < 4 ? 1 : Math.min(chance.below(4), 2);
    const fate = n < count / 2 ? "alive" : projectFate(chance);
    const id = `a09410000${String(n).padStart(6, "0")}AAP`;
    const parents =
      fate === "orphan" ? [`a09410000${String(n).padStart(6, "0")}NOT`] : (levels[level - 1] ?? []);
    let slug = `p-${n}`;
    if (fate === "rival") {
      slug = rival ?? slug;
      rival = rival === undefined ? slug : undefined;
    }
    const funding = fate === "undeletable" ? "Membership" : fate === "alive" ? "any" : "Crowdfunding";
    const isOld = chance.hits(0.3);
    const row: RowOf = (revision, editor) => {
      // A slug never comes back: where a rename was carried out by half, v2 locks it for ever.
      if (fate === "alive" && revision > 1 && chance.hits(0.15)) slug = `p-${n}-v${revision}`;
      return projectRow({ id, n, parents, isOld, funding, slug }, chance, revision, editor);
    };
    objects.push(createObject(chance, "project", id, fate, row));
    if (fate === "alive") levels[level]?.push(id);
  }
  // A rival without another one is no rival.
  const lonely = rival === undefined ? undefined : objects.findLast(({ fate }) => fate === "rival");
  return objects.map((object) => (object === lonely ? alone(object) : object));
}

function alone({ kind, id, key, revisions }: V1Object): V1Object {
  return { kind, id, key, revisions, fate: "alive" };
}

function projectFate(chance: Chance): Fate {
  const roll = chance.next();
  if (roll < 0.1) return "deleted";
  if (roll < 0.15) return "undeletable";
  if (roll < 0.2) return "unusable";
  if (roll < 0.24) return "orphan";
  if (roll < 0.32) return "rival";
  return roll < 0.36 ? "resurrected" : "alive";
}

function leafFate(chance: Chance): Fate {
  const roll = chance.next();
  if (roll < 0.12) return "deleted";
  if (roll < 0.14) return "unusable";
  if (roll < 0.16) return "orphan";
  return roll < 0.18 ? "resurrected" : "alive";
}

function createCommittees(chance: Chance, count: number, projects: readonly V1Object[]): readonly V1Object[] {
  const homes = projects.filter(({ fate }) => fate === "alive").slice(0, Math.ceil(projects.length * 0.7));
  return Array.from({ length: count }, (_, n) => {
    const id = `c0000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
    const fate = n < count / 2 ? "alive" : leafFate(chance);
    const projectId = fate === "orphan" ? "a09410000NOWHEREAAP" : chance.pick(homes).id;
    const base: CommitteeBase = { id, n, projectId };
    return createObject(chance, "committee", id, fate, (...at) => committeeRow(base, chance, ...at));
  });
}

function createMembers(chance: Chance, count: number, committees: readonly V1Object[]): readonly V1Object[] {
  // Of the others nobody knows whether they are still there when a member comes.
  const homes = committees.filter(({ fate }) => fate === "alive");
  const homeOf = ({ id, revisions }: V1Object) => ({
    id,
    projectId: String(revisions.find(({ columns }) => columns !== undefined)?.columns?.["project_name__c"]),
  });
  return Array.from({ length: count }, (_, n) => {
    const id = `m0000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
    const fate = leafFate(chance);
    const nowhere = { id: "c0000000-0000-4000-8000-nowhere", projectId: "a09410000NOWHEREAAP" };
    const base: MemberBase = {
      id,
      n,
      committees: fate === "orphan" ? [nowhere] : [chance.pick(homes), chance.pick(homes)].map(homeOf),
    };
    return createObject(chance, "member", id, fate, (...at) => memberRow(base, chance, ...at));
  });
}

/** Most rows change a few times, some again and again. */
function createObject(chance: Chance, kind: Kind, id: string, fate: Fate, row: RowOf): V1Object {
  const changes = chance.hits(0.05) ? 12 + chance.below(10) : 1 + chance.below(4);
  const revisions: Revision[] = [];
  const add = (isLast: boolean): void => {
    const number = revisions.length + 1;
    const columns = row(number, chance.pick(editors));
    const earlier = revisions.at(-2);
    // Back to what it was: v2 may say that already, while the change between is still on its way.
    if (earlier?.columns !== undefined && chance.hits(0.2)) {
      const { slug__c } = columns;
      const back = { ...earlier.columns, ...edit(columns), ...(slug__c !== undefined && { slug__c }) };
      revisions.push({ ...alive(chance, number, back), mark: earlier.mark });
      return;
    }
    // A broken record now and then, mended by the next.
    if (!isLast && chance.hits(0.01)) revisions.push(broken(chance, number));
    else revisions.push(alive(chance, number, columns));
  };
  for (let n = 1; n < changes; n += 1) add(false);
  if (fate === "resurrected") revisions.push(deletion(chance, revisions.length + 1, row));
  if (fate === "deleted" || fate === "undeletable")
    revisions.push(deletion(chance, revisions.length + 1, row));
  else if (fate === "unusable") revisions.push(unusable(chance, kind, revisions.length + 1, row));
  else add(true);
  return { kind, id, key: v1Key(kind, id), fate, revisions };
}

/** Who made the change, and when. */
function edit({ lastmodifiedbyid = null, lastmodifieddate = null }: Columns): Columns {
  return { lastmodifiedbyid, lastmodifieddate };
}

function alive(chance: Chance, number: number, columns: Columns): Revision {
  return { number, mark: number, form: chance.hits(0.25) ? "msgpack" : "json", columns, isDelete: false };
}

function broken(chance: Chance, number: number): Revision {
  const bytes = chance.pick([new Uint8Array(), Buffer.from("{"), Buffer.from([0xc1]), Buffer.from("[1]")]);
  return { number, mark: number, form: "bytes", bytes, isDelete: false };
}

function unusable(chance: Chance, kind: Kind, number: number, row: RowOf): Revision {
  if (chance.hits(0.4)) return broken(chance, number);
  const required = { project: "slug__c", committee: "mailing_list__c", member: "contactemail__c" }[kind];
  return alive(chance, number, { ...row(number, chance.pick(editors)), [required]: "" });
}

function deletion(chance: Chance, number: number, row: RowOf): Revision {
  const form = chance.pick(["del", "purge", "soft", "soft with its edit", "flag"] as const);
  if (form === "del" || form === "purge") return { number, mark: number, form, isDelete: true };
  const columns = row(number, chance.pick(editors));
  const marked: Columns =
    form === "flag"
      ? { ...columns, isdeleted: true }
      : { ...columns, _sdc_deleted_at: form === "soft" ? editedAt(number + 2) : editedAt(number) };
  return { ...alive(chance, number, marked), isDelete: true };
}

/** @returns what stands in the bucket; `undefined` for a mark */
export function valueOf({ form, columns, bytes }: Revision): Uint8Array | undefined {
  if (form === "bytes") return bytes ?? new Uint8Array();
  if (form === "json") return Buffer.from(JSON.stringify(columns));
  return form === "msgpack" ? encode(columns) : undefined;
}

const redelivered = 0.03;

/** Children before parents, and of hot rows several revisions in a row. */
function arrange(chance: Chance, objects: readonly V1Object[]): readonly Step[] {
  const left = objects.map((object) => ({ object, next: 0 }));
  const steps: Step[] = [];
  while (left.length > 0) {
    const at = chance.below(left.length);
    const each = left[at];
    if (each === undefined) break;
    const { object } = each;
    const burst = object.revisions.length > 8 || chance.hits(0.1) ? 1 + chance.below(5) : 1;
    for (const revision of object.revisions.slice(each.next, each.next + burst)) {
      steps.push({ object, revision });
      if (chance.hits(redelivered)) steps.push({ object, revision });
      each.next += 1;
    }
    if (each.next >= object.revisions.length) {
      left[at] = left.at(-1) ?? each;
      left.pop();
    }
  }
  return steps;
}
