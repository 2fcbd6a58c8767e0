// SPDX-License-Identifier: MIT
import { createRandom, type Random } from "../random.ts";
import { type Cast, createCast, createIds } from "./cast.ts";
import { createSeeds, projectFields, type Seeds } from "./seeds.ts";
import { plantTrouble, type Trouble } from "./trouble.ts";
import type { Project, V1Object } from "./v1-object.ts";
import { adjectives, committeeKinds, foundations, nouns } from "./words.ts";

export const sizes = { projects: 44, perProject: 3, perCommittee: 6, deepest: 5 } as const;

/** A foundation as v1 has it: its first editions, and who is in it. */
export interface Foundation {
  readonly name: string;
  readonly cast: Cast;
  readonly random: Random;
  readonly seeds: Seeds;
  /** The project above all others. */
  readonly root: Project;
  /** One that v2 lets go. */
  readonly pilot: Project;
  readonly trouble: Trouble;
  /** Parents before their children. */
  readonly objects: readonly V1Object[];
}

/** @param seed the same foundation for the same seed */
export function plantFoundation(seed: number): Foundation {
  const random = createRandom(seed);
  const newId = createIds(random);
  const cast = createCast(random, newId);
  const seeds = createSeeds(random, cast, newId);
  const name = `${random.pick(foundations)} Foundation`;
  const root = seeds.project({ ...projectFields(random, name, undefined), isPublic: true, stage: "Active" });
  const projects = plantTree(random, seeds, root);
  const committees = [root, ...projects].flatMap((project) =>
    random
      .shuffle(committeeKinds)
      .slice(0, 1 + random.below(sizes.perProject))
      .flatMap((kind) => seeds.committeeOf(project, kind, 3 + random.below(sizes.perCommittee))),
  );
  const pilot = seeds.project({
    ...projectFields(random, "Penny Pilot", root.id),
    isCrowdfunded: true,
  });
  const { trouble, objects } = plantTrouble({ random, cast, seeds, root });
  return {
    name,
    cast,
    random,
    seeds,
    root,
    pilot,
    trouble,
    objects: [root, ...projects, pilot, ...committees, ...objects],
  };
}

function plantTree(random: Random, seeds: Seeds, root: Project): readonly Project[] {
  const names = adjectives.flatMap((adjective) => nouns.map((noun) => `${adjective} ${noun}`));
  const depth = new Map([[root.id, 1]]);
  const projects: Project[] = [];
  for (const name of random.shuffle(names).slice(0, sizes.projects)) {
    // Every third one is below the one before, so that chains grow.
    const below = projects.length % 3 === 0 ? root : (projects.at(-1) ?? root);
    const parent = (depth.get(below.id) ?? 1) < sizes.deepest ? below : random.pick(projects);
    const isFull = (depth.get(parent.id) ?? 1) >= sizes.deepest;
    const above = isFull ? root : parent;
    const project = seeds.project(projectFields(random, name, above.id));
    depth.set(project.id, (depth.get(above.id) ?? 1) + 1);
    projects.push(project);
  }
  return projects;
}

/** `50 projects, 98 committees and 493 members, edited by 5 people, 2 machines and one whom v1 does not know`. */
export function describeFoundation({ objects, cast }: Foundation): string {
  const [projects, committees, members] = (["project", "committee", "member"] as const).map(
    (kind) => objects.filter((object) => object.kind === kind).length,
  );
  const [people, machines, unknown] = (["person", "machine", "unknown"] as const).map(
    (kind) => cast.editors.filter((editor) => editor.kind === kind).length,
  );
  return `${projects} projects, ${committees} committees and ${members} members, edited by ${people} people, ${machines} machines and ${unknown} whom v1 does not know`;
}
