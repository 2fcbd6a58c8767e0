// SPDX-License-Identifier: Apache-2.0

/** `50M`, `1.5G`, `512` (KiB), `100B`, `50MiB`, `off`; not `50MB`, which rclone refuses. */
const rate = String.raw`(?:off|\d+(?:\.\d+)?(?:[bkmgtpe]|[kmgtpe]i|[kmgtpe]ib)?)`;
/** Upload and download apart. */
const rates = `${rate}(?::${rate})?`;
const day = "(?:mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)";
const slot = String.raw`(?:${day}-)?(?:[01]\d|2[0-3]):[0-5]\d,${rates}`;
const form = new RegExp(`^(?:${rates}|${slot}(?: ${slot})*)$`, "i");

/**
 * Reads what rclone's `--bwlimit` takes: a rate (`50M`, bytes a second in binary units), `up:down`, or a timetable
 * (`08:00,512k 19:00,off`).
 *
 * @returns the same with single blanks, or `undefined` where rclone would refuse it
 */
export function parseBandwidth(text: string): string | undefined {
  const compact = text.trim().replaceAll(/\s+/g, " ");
  return form.test(compact) ? compact : undefined;
}
