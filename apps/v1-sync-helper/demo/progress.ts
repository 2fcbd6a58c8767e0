// SPDX-License-Identifier: MIT
import { formatCount } from "@repo/tools/stage";
import type { Standing } from "./status-feed.ts";

const barWidth = 16;

/** How far it is, for the line that moves: `██████░░ 412 of 641 done, 80 in work`. */
export function progressText(
  standing: Standing,
  total: number,
  { hasBar }: { readonly hasBar: boolean },
): string {
  const text = describeStanding(standing, total);
  return hasBar ? `${bar(standing.done, total)} ${text}` : text;
}

/** `412 of 641 done, 80 in work, 31 to be tried again, 118 wait for a parent`: what is none is left out. */
export function describeStanding(standing: Standing, total: number): string {
  const parts = [
    [standing.claimed, "in work"],
    [standing.retry, "to be tried again"],
    [standing.parked, "wait for a parent"],
    [standing.held, "held"],
    [standing.dead, "dead"],
  ] as const;
  return [
    `${formatCount(standing.done)} of ${formatCount(total)} done`,
    ...parts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`),
  ].join(", ");
}

/** Full only when all is done. */
function bar(done: number, total: number): string {
  const full = Math.min(barWidth, Math.floor((done / Math.max(1, total)) * barWidth));
  return `${"█".repeat(full)}${"░".repeat(barWidth - full)}`;
}
