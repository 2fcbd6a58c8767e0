// SPDX-License-Identifier: Apache-2.0
import type { Observations } from "./mischief.ts";
import type { Scenario } from "./scenario.ts";
import type { Contents } from "./world.ts";

/** One run of the job as seen from outside: buckets before and after, how it ended, what its requests told. */
export interface Episode {
  readonly limits: Pick<Scenario, "maxDelete" | "maxDeletePercent" | "allowEmptySource">;
  readonly sourceBefore: Contents;
  /** Differs from `sourceBefore` only by objects that appeared during the run. */
  readonly source: Contents;
  readonly before: Contents;
  readonly after: Contents;
  /** `null` when it was killed. */
  readonly exitCode: number | null;
  /** Keys whose difference the comparison in force cannot see. */
  readonly isBlindTo: (key: string) => boolean;
  readonly observations: Observations;
}

/**
 * What the guard promises, as violations in words; empty when it kept all of it.
 *
 * The first five hold whatever the servers answer and whoever is killed; the last three speak of honest listings
 * or of what the exit code claims.
 */
export function violations(episode: Episode): readonly string[] {
  return [
    ...lostThoughAtSource(episode),
    ...moreThanAllowed(episode),
    ...emptySource(episode),
    ...foreignContent(episode),
    ...refusedAndYetChanged(episode),
    ...planTooLarge(episode),
    ...falseSuccess(episode),
  ];
}

function lost({ before, after }: Episode): readonly string[] {
  return [...before.keys()].filter((key) => !after.has(key));
}

function surplus({ before, sourceBefore }: Episode): readonly string[] {
  return [...before.keys()].filter((key) => !sourceBefore.has(key));
}

/** The most that may be lost in one run: the smaller of the two limits. */
export function allowance({ limits, before }: Pick<Episode, "limits" | "before">): number {
  const percent = limits.maxDeletePercent;
  return percent === undefined
    ? limits.maxDelete
    : Math.min(limits.maxDelete, Math.floor((before.size * percent) / 100));
}

function lostThoughAtSource(episode: Episode): string[] {
  const wrong = new Set([
    ...episode.observations.wronglyDeleted,
    ...lost(episode).filter((key) => episode.sourceBefore.has(key)),
  ]);
  return [...wrong].map((key) => `lost ${JSON.stringify(key)}, which the source has`);
}

function moreThanAllowed(episode: Episode): string[] {
  // A destination listing cut short hides objects from the percentage, never from the count.
  const most = episode.observations.liedTo.has("destination") ? episode.limits.maxDelete : allowance(episode);
  const count = lost(episode).length;
  return count > most ? [`lost ${count} objects where ${most} were allowed`] : [];
}

function emptySource(episode: Episode): string[] {
  if (episode.limits.allowEmptySource || episode.source.size > 0 || lost(episode).length === 0) return [];
  return [`lost ${lost(episode).length} objects to an empty source`];
}

function foreignContent({ before, after, source }: Episode): string[] {
  return [...after]
    .filter(([key, etag]) => etag !== before.get(key) && etag !== source.get(key))
    .map(([key]) => `${JSON.stringify(key)} holds what neither side ever held`);
}

const REFUSALS: ReadonlySet<number | null> = new Set([2, 3, 7, 13]);

function refusedAndYetChanged({ exitCode, before, after }: Episode): string[] {
  if (!REFUSALS.has(exitCode)) return [];
  const isChanged = before.size !== after.size || [...before].some(([key, etag]) => after.get(key) !== etag);
  return isChanged ? [`refused with exit code ${exitCode} and yet changed the destination`] : [];
}

/** With honest listings of the destination, a surplus beyond the limit loses nothing at all. */
function planTooLarge(episode: Episode): string[] {
  if (episode.observations.liedTo.has("destination")) return [];
  // What reappeared at the source during the run may have been left out of the plan.
  const certain = surplus(episode).filter((key) => !episode.source.has(key));
  if (certain.length <= allowance(episode) || lost(episode).length === 0) return [];
  return [
    `lost ${lost(episode).length} objects though the plan of ${certain.length} was beyond the limit of ${allowance(episode)}`,
  ];
}

/** Exit code 0 with honest listings means that the destination equals the source, as far as the comparison sees. */
function falseSuccess(episode: Episode): string[] {
  const { exitCode, sourceBefore, source, after, observations, isBlindTo } = episode;
  if (exitCode !== 0 || observations.liedTo.size > 0) return [];
  const stale = [...sourceBefore].filter(([key, etag]) => after.get(key) !== etag && !isBlindTo(key));
  const kept = [...after.keys()].filter((key) => !source.has(key));
  return [
    ...stale.map(([key]) => `claimed success though ${JSON.stringify(key)} is missing or stale`),
    ...kept.map((key) => `claimed success though ${JSON.stringify(key)} is surplus`),
  ];
}
