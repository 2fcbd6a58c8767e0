// SPDX-License-Identifier: Apache-2.0

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const form = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * Reads `30s`, `55m`, `1h30m`, `1.5h`, `250ms`, `2d`, or `0`.
 *
 * @returns milliseconds, a whole number; `undefined` for any other text, so also for a number without a unit
 */
export function parseDuration(text: string): number | undefined {
  const compact = text.trim().toLowerCase();
  if (compact === "0") return 0;
  if (!form.test(compact)) return undefined;
  let total = 0;
  for (const [, amount, unit] of compact.matchAll(part))
    total += Number(amount) * (unitMs[unit ?? ""] ?? Number.NaN);
  const rounded = Math.round(total);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** The shortest text that {@link parseDuration} reads as `durationMs` (a whole number, not negative): `1h30m`. */
export function formatDuration(durationMs: number): string {
  let rest = durationMs;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = unitMs[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === "" ? "0" : text;
}
