// SPDX-License-Identifier: MIT
import type { Parent } from "../objects/verdict.ts";
import type { World } from "../objects/world.ts";

/** Slugs, lower case. Both empty: every project may be created. Projects that are in v2 already are always kept in step. */
export interface Allowlists {
  /** Projects that may be created, their children not. */
  readonly projects: ReadonlySet<string>;
  /** Projects that may be created together with everything below them. */
  readonly families: ReadonlySet<string>;
}

/**
 * Whether a project may be created. A project below one that is in v2 belongs to an allowed family, unless that one is
 * on the list of single projects.
 *
 * @returns the sentence that says why not; `undefined` also while its parent is not in v2, for then it waits anyway
 * @throws {UnavailableError} when the parent's slug cannot be looked up
 */
export async function refusalBy(
  { projects, families }: Allowlists,
  slug: string,
  parent: Parent,
  world: World,
): Promise<string | undefined> {
  if (projects.size === 0 && families.size === 0) return undefined;
  if (projects.has(slug) || families.has(slug)) return undefined;
  if (parent.is === "unmapped") return undefined;
  if (parent.is !== "mapped")
    return `The slug ${slug} is on neither allowlist, and the project has no parent: add it to PROJECT_ALLOWLIST or PROJECT_FAMILY_ALLOWLIST.`;
  const parentSlug = await world.slugOf(parent.uid);
  if (parentSlug === undefined)
    return `The slug ${slug} is on neither allowlist, and v2 does not know its parent: add it to PROJECT_ALLOWLIST or PROJECT_FAMILY_ALLOWLIST.`;
  if (projects.has(parentSlug) && !families.has(parentSlug))
    return `The slug ${slug} is on neither allowlist, and those below ${parentSlug} are not allowed: add it to PROJECT_ALLOWLIST, or ${parentSlug} to PROJECT_FAMILY_ALLOWLIST.`;
  return undefined;
}
