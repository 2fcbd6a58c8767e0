// SPDX-License-Identifier: Apache-2.0
import type { Member } from "./members.ts";

/** Problems of one member's manifest and references, each a sentence that names the file and the mend. */
export function memberProblems(member: Member, all: readonly Member[]): readonly string[] {
  return [...manifestProblems(member), ...referenceProblems(member, all)];
}

function manifestProblems({ folder, manifest }: Member): string[] {
  const problems: string[] = [];
  if (!manifest.private)
    problems.push(
      `${folder}/package.json must say "private": true; nothing here is published to a registry.`,
    );
  if (manifest.license === "") problems.push(`${folder}/package.json must name its "license".`);
  for (const [name, version] of allDependencies(manifest)) {
    const wanted = name.startsWith("@repo/") ? "workspace:*" : "catalog:";
    if (version !== wanted)
      problems.push(`${folder}/package.json must take ${name} as "${wanted}", not "${version}".`);
  }
  return problems;
}

function allDependencies(manifest: Member["manifest"]): readonly (readonly [string, string])[] {
  return [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((group) =>
    Object.entries(group),
  );
}

/** `tsc -b` builds what the references name, so they must be exactly the workspace dependencies that have a project. */
function referenceProblems(member: Member, all: readonly Member[]): string[] {
  if (member.references === undefined) return [];
  const wanted = new Set(
    allDependencies(member.manifest)
      .map(([name]) => all.find((other) => other.manifest.name === name))
      .filter((other) => other?.references !== undefined)
      .map((other) => other?.folder ?? ""),
  );
  const given = new Set(member.references);
  return [
    ...[...wanted]
      .filter((folder) => !given.has(folder))
      .map(
        (folder) =>
          `${member.folder}/tsconfig.json must reference ${folder}, which its package.json depends on.`,
      ),
    ...[...given]
      .filter((folder) => !wanted.has(folder))
      .map(
        (folder) =>
          `${member.folder}/tsconfig.json references ${folder}, which its package.json does not depend on.`,
      ),
  ];
}

/** The root's tsconfig.json must list every project, or `tsc -b` would pass by it. */
export function rootReferenceProblems(
  references: readonly string[],
  all: readonly Member[],
): readonly string[] {
  return all
    .filter((member) => member.references !== undefined && !references.includes(member.folder))
    .map((member) => `tsconfig.json must reference ${member.folder}.`);
}

/** Every catalog version is exact: a range would let two installs differ. */
export function catalogProblems(catalog: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(catalog)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `pnpm-workspace.yaml must pin ${name} to one exact version, not "${version}".`);
}
