// SPDX-License-Identifier: MIT
import type { Random } from "../random.ts";
import type { Cast } from "./cast.ts";
import type {
  Committee,
  CommitteeFields,
  Editor,
  Flaw,
  Member,
  MemberFields,
  Organization,
  Person,
  Project,
  ProjectFields,
} from "./v1-object.ts";
import { type CommitteeKind, purposes, titles } from "./words.ts";

/** Makes first editions. */
export interface Seeds {
  project(fields: ProjectFields, flaw?: Flaw): Project;
  committee(fields: CommitteeFields, flaw?: Flaw): Committee;
  member(fields: MemberFields, flaw?: Flaw): Member;
  /** A committee of this kind, with so many members. */
  committeeOf(project: Project, kind: CommitteeKind, members: number): readonly (Committee | Member)[];
}

/** `Amber Anvil` → `amber-anvil`. */
export function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}

export function projectFields(random: Random, name: string, parentId: string | undefined): ProjectFields {
  return {
    name,
    slug: slugOf(name),
    purpose: random.pick(purposes),
    isPublic: random.below(4) > 0,
    stage: random.pick(["Active", "Formation - Engaged", "Prospect"]),
    formedOn: `20${10 + random.below(15)}-0${1 + random.below(9)}-1${random.below(10)}`,
    legalName: `${name}, a Series of LF Projects, LLC`,
    website: `https://${slugOf(name)}.example/about`,
    isCrowdfunded: false,
    parentId,
  };
}

export function createSeeds(random: Random, cast: Cast, newId: (prefix: string) => string): Seeds {
  const first = (prefix: string, flaw: Flaw | undefined) => ({
    id: newId(prefix),
    edition: 1,
    editor: pickEditor(random, cast),
    // Only what is MessagePack can be cut so that its beginning is still fine.
    form: flaw === "cut" || random.below(2) === 0 ? ("msgpack" as const) : ("json" as const),
    generation: random.below(2) === 0 ? ("older" as const) : ("newer" as const),
    ...(flaw !== undefined && { flaw }),
  });
  const seeds: Seeds = {
    project: (fields, flaw) => ({ kind: "project", ...first("a09", flaw), fields }),
    committee: (fields, flaw) => ({ kind: "committee", ...first("a0A", flaw), fields }),
    member: (fields, flaw) => ({ kind: "member", ...first("a0B", flaw), fields }),
    committeeOf: (project, kind, members) => {
      const committee = seeds.committee(committeeFields(random, project, kind));
      const seated = random.shuffle(cast.people).slice(0, members);
      return [
        committee,
        ...seated.map((person, index) =>
          seeds.member(memberFields(random, committee, { person, index, organizations: cast.organizations })),
        ),
      ];
    },
  };
  return seeds;
}

export function pickEditor(random: Random, { editors }: Cast): Editor {
  return random.pick(editors);
}

export function committeeFields(random: Random, project: Project, kind: CommitteeKind): CommitteeFields {
  const { type, category, isVoting } = kind;
  return {
    name: `${project.fields.name} ${kind.name}`,
    projectId: project.id,
    purpose: random.pick(purposes),
    type,
    category,
    isVoting,
    isPublic: random.below(3) === 0,
    website: `https://${project.fields.slug}.example/${slugOf(kind.name)}`,
  };
}

export function memberFields(
  random: Random,
  committee: Committee,
  seat: {
    readonly person: Person;
    readonly index: number;
    readonly organizations: readonly Organization[];
  },
): MemberFields {
  return {
    committeeId: committee.id,
    person: seat.person,
    organization: random.pick(seat.organizations),
    title: random.pick(titles),
    role: ["Chair", "Vice Chair", "Secretary"][seat.index] ?? "Developer Seat",
    isVoting: committee.fields.isVoting,
  };
}
