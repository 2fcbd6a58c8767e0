// SPDX-License-Identifier: MIT

const form = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Reads a point in time as v1's tools write it: `2024-05-01T12:34:56.000000+00:00`, `…Z`, `…+0000`, a blank for the
 * `T`, a date alone; without a zone it is UTC.
 *
 * @returns milliseconds since 1970; `undefined` for anything else
 */
export function parseTimestamp(text: string): number | undefined {
  const match = form.exec(text.trim());
  const date = match?.[1];
  if (match === null || date === undefined || !isDate(date)) return undefined;
  const milliseconds = Date.parse(`${date}T${match[2] ?? "00:00"}${zoneOf(match[3])}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** `Z`, or `+hh:mm`: Postgres writes `+00`, Salesforce `+0000`. */
function zoneOf(zone: string | undefined): string {
  if (zone === undefined || zone.toUpperCase() === "Z") return "Z";
  return `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}`;
}

/** RFC 3339 in UTC, without a fraction where there is none. */
export function formatTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(".000Z", "Z");
}

/** Whether it is a day of the calendar, as `2024-02-29`; JavaScript itself takes the 31st of any month. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
