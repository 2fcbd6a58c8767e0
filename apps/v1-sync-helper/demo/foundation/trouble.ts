// SPDX-License-Identifier: MIT
import type { Random } from "../random.ts";
import type { Cast } from "./cast.ts";
import { committeeFields, memberFields, projectFields, type Seeds } from "./seeds.ts";
import type { Committee, Flaw, Member, Person, Project, V1Object } from "./v1-object.ts";
import { committeeKinds } from "./words.ts";

/** Records with which something is wrong. */
export interface Trouble {
  /** Its slug begins with a digit; a committee and its members wait for it. */
  readonly misnamed: Project;
  /** A committee whose value has no bytes; its members wait for it. */
  readonly empty: Committee;
  /** A member whose value ends in the middle. */
  readonly cut: Member;
  /** A member without an e-mail address. */
  readonly nameless: Member;
  /** Two projects of one slug, the second below the first. */
  readonly elder: Project;
  readonly twin: Project;
}

/** What they grow in. */
export interface Soil {
  readonly random: Random;
  readonly cast: Cast;
  readonly seeds: Seeds;
  readonly root: Project;
}

/** @returns them by name, and all together with what hangs on them, parents first */
export function plantTrouble(soil: Soil): {
  readonly trouble: Trouble;
  readonly objects: readonly V1Object[];
} {
  const { random, cast, seeds, root } = soil;
  const [board, council, maintainers] = committeeKinds;
  const [first, second, third, fourth] = random.shuffle(cast.people);
  if (board === undefined || council === undefined || maintainers === undefined)
    throw new RangeError("There are too few kinds of committees.");
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new RangeError("There are too few people.");
  const misnamed = seeds.project(projectFields(random, "Nine Lives", root.id), "slug");
  const elder = seeds.project(projectFields(random, "Echo Valley", root.id));
  const twinFields = { ...projectFields(random, "Echo Valley", elder.id), name: "Echo Valley Lab" };
  const twin = seeds.project(twinFields, "taken");
  const empty = seeds.committee(committeeFields(random, elder, council), "empty");
  const sound = seeds.committee(committeeFields(random, elder, maintainers));
  const cut = seat(soil, sound, first, "cut");
  const nameless = seat(soil, sound, second, "address");
  return {
    trouble: { misnamed, empty, cut, nameless, elder, twin },
    objects: [
      misnamed,
      elder,
      twin,
      empty,
      sound,
      cut,
      nameless,
      seat(soil, sound, third),
      seat(soil, empty, third),
      seat(soil, empty, fourth),
      ...seeds.committeeOf(misnamed, board, 4),
    ],
  };
}

function seat({ random, cast, seeds }: Soil, committee: Committee, person: Person, flaw?: Flaw): Member {
  const { organizations } = cast;
  return seeds.member(memberFields(random, committee, { person, index: 0, organizations }), flaw);
}
