// SPDX-License-Identifier: Apache-2.0

/**
 * Milliseconds that a `Retry-After` header asks to wait: `120` (seconds; fractions are understood) or
 * `Wed, 21 Oct 2026 07:28:00 GMT` in any of the three forms of RFC 9110, section 5.6.7.
 *
 * @param nowMs what the date is compared with, in milliseconds since 1970: the response's own `Date` where it has
 *   one, so that a clock that is wrong here cannot lengthen the wait
 * @returns 0 for a date in the past, `undefined` for what is neither form
 */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  const text = value.trim();
  // Bounded, because hundreds of digits would be infinite.
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  const date = parseHttpDate(text);
  return date === undefined ? undefined : Math.max(date - nowMs, 0);
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** {@link parseRetryAfter} over response headers with lower-case names; the first of several values counts. */
export function retryAfterOf(headers: Headers, nowMs: number): number | undefined {
  const value = first(headers["retry-after"]);
  if (value === undefined) return undefined;
  return parseRetryAfter(value, parseHttpDate(first(headers.date) ?? "") ?? nowMs);
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

/** Milliseconds since 1970; `undefined` unless it begins with a day's name, which all three forms do. */
function parseHttpDate(text: string): number | undefined {
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  // The asctime form names no zone and means UTC; without one Date.parse would take the machine's.
  const date = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : date;
}
