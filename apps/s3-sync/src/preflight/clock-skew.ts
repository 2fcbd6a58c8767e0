// SPDX-License-Identifier: Apache-2.0
import type { HttpResponse } from "@repo/http-retry";

/** From here on a skew is worth a warning; at 15 minutes S3 refuses signatures. */
export const NOTABLE_SKEW_MS = 5 * 60 * 1000;

/** How far this machine's clock is ahead of the endpoint's `Date`, milliseconds; `undefined` without a readable one. */
export function clockAheadMs({ headers }: HttpResponse, now: number = Date.now()): number | undefined {
  const { date } = headers;
  const theirs = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(theirs) ? undefined : now - theirs;
}

/** "20 minutes behind", "3 days ahead of": in the largest whole unit. */
export function describeSkew(aheadMs: number): string {
  const units = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1000],
  ] as const;
  const size = Math.abs(aheadMs);
  const [word, ms] = units.find(([, unitMs]) => size >= unitMs) ?? units[3];
  const count = Math.round(size / ms);
  return `${count} ${word}${count === 1 ? "" : "s"} ${aheadMs > 0 ? "ahead of" : "behind"}`;
}
