// SPDX-License-Identifier: Apache-2.0

/** Nanoseconds of each unit that Go's time.ParseDuration knows. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const form = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/**
 * Reads a duration as Go writes it: `90s`, `1h30m`, `1.5h`, `-5m`, `0`.
 *
 * @returns milliseconds, with a fraction where the text has one; `undefined` for any other text
 */
export function parseGoDuration(text: string): number | undefined {
  const compact = text.trim();
  if (/^[+-]?0$/.test(compact)) return 0;
  if (!form.test(compact)) return undefined;
  let total = 0;
  for (const [, amount, unit] of compact.matchAll(part)) total += Number(amount) * (units[unit ?? ""] ?? 0);
  const milliseconds = (compact.startsWith("-") ? -total : total) / 1e6;
  return Number.isFinite(milliseconds) ? milliseconds : undefined;
}

/** Writes whole nanoseconds as Go's `%v` does: `0s`, `350ms`, `1.5s`, `1h0m2s`. */
export function formatGoDuration(nanoseconds: number): string {
  const sign = nanoseconds < 0 ? "-" : "";
  const rest = Math.abs(nanoseconds);
  if (rest === 0) return "0s";
  for (const unit of ["ns", "µs", "ms"]) {
    const size = units[unit] ?? 1;
    if (rest < size * 1000)
      return `${sign}${trimZeros(rest / size, unit === "ns" ? 0 : unit === "µs" ? 3 : 6)}${unit}`;
  }
  const hours = Math.floor(rest / 3600e9);
  const minutes = Math.floor((rest % 3600e9) / 60e9);
  const seconds = trimZeros((rest % 60e9) / 1e9, 9);
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

function trimZeros(value: number, digits: number): string {
  return digits === 0 ? value.toFixed(0) : value.toFixed(digits).replace(/\.?0+$/, "");
}
