// SPDX-License-Identifier: MIT
import type { Json, JsonObject } from "../records/json.ts";
import type { V1Record } from "../records/v1-record.ts";
import { changesBetween, type Defaults, isSame } from "./compare.ts";
import { type Draft, readField, without, writeField } from "./field-path.ts";
import type { FieldChange, Notes, SentDigest } from "./plan.ts";
import { digestOf, formatSent, parseSent } from "./sent-digest.ts";
import type { Reading, Row, Table } from "./table.ts";

/** What to lay over what. */
export interface Overlay {
  /** The body of the GET; `undefined` for a new object. */
  readonly current: JsonObject | undefined;
  /** Fields of the GET that a PUT does not take. */
  readonly readOnly: readonly string[];
  readonly record: V1Record;
  readonly table: Table;
  /** What the plan looked up for rows whose rule is a look-up, by field; a field that is missing here is left alone. */
  readonly lookups?: ReadonlyMap<string, Reading>;
}

export interface Overlaid {
  /** What to send. Fields of which the record says nothing are as GET had them. */
  readonly body: Draft;
  /** Values of fields that GET does not give back, and what became of them; `undefined` is emptied. */
  readonly unanswered: ReadonlyMap<string, Json | undefined>;
  readonly notes: Notes;
  /** Why it cannot be sent at all, in sentences. */
  readonly problems: readonly string[];
}

/** Lays a record over a body, row by row. Changes neither. */
export function overlay({ current, readOnly, record, table, lookups }: Overlay): Overlaid {
  const body = without(current ?? {}, readOnly);
  const unanswered = new Map<string, Json | undefined>();
  const notes: string[] = [];
  const problems: string[] = [];
  for (const row of table) {
    const { column, value, misfits } = findColumn(row, record);
    for (const misfit of misfits)
      notes.push(`${misfit} does not hold ${kindOf(row)}: ${row.to} stays as it is`);
    const reading = column === undefined ? undefined : readingOf(row, value, body, lookups);
    const about = (why: string): string => `${column ?? row.from.join(" or ")}${quote(row, value)} ${why}`;
    if (reading?.is === "refused") problems.push(about(reading.why));
    if (reading?.is === "left") notes.push(`${about(reading.why)}: ${row.to} stays as it is`);
    if (reading?.is === "value" || reading?.is === "cleared") {
      const next = reading.is === "value" ? reading.value : undefined;
      writeField(body, row.to, next);
      if (row.seen === "unanswered" || (row.seen === "refilled" && next === undefined))
        unanswered.set(row.to, next);
      if (reading.why !== undefined) notes.push(about(reading.why));
    }
    if (current === undefined) complete(row, body, problems, reading);
  }
  return { body, unanswered, notes, problems };
}

function complete(row: Row, body: Draft, problems: string[], reading: Reading | undefined): void {
  if (readField(body, row.to) !== undefined || reading?.is === "refused") return;
  if (row.whenNew !== undefined) writeField(body, row.to, row.whenNew);
  else if (row.required !== undefined) problems.push(row.required);
}

interface Found {
  readonly column: string | undefined;
  readonly value: Json;
  /** Columns whose value has another type than the rule takes; they count as absent. */
  readonly misfits: readonly string[];
}

function findColumn(row: Row, record: V1Record): Found {
  const misfits: string[] = [];
  for (const name of row.from) {
    const found = record.read([name]);
    if (found === undefined) continue;
    if (isTaken(row, found.value)) return { column: name, value: found.value, misfits };
    misfits.push(name);
  }
  return { column: undefined, value: null, misfits };
}

function isTaken({ rule }: Row, value: Json): boolean {
  if (value === null || value === "") return true;
  return typeof value === (rule.takes === "true or false" ? "boolean" : "string");
}

function kindOf({ rule }: Row): string {
  return rule.takes === "true or false" ? "true or false" : "text";
}

function readingOf(
  row: Row,
  value: Json,
  body: JsonObject,
  lookups: ReadonlyMap<string, Reading> | undefined,
): Reading | undefined {
  const { rule } = row;
  if (rule.takes === "look-up") return lookups?.get(row.to);
  if (value === null || value === "") return rule.empty ?? { is: "cleared" };
  if (rule.takes === "true or false") return { is: "value", value };
  return typeof value === "string" ? rule.read(value, body) : undefined;
}

const quotedCharacters = 60;

function quote(row: Row, value: Json): string {
  // Remarks are logged, and what has an @ in it may be somebody's address, whatever the column is for.
  if (typeof value !== "string" || value === "" || row.personal === true || value.includes("@")) return "";
  const start = Array.from(value).slice(0, quotedCharacters).join("");
  return ` ${JSON.stringify(start === value ? value : `${start}…`)}`;
}

/** What differs between v2 and an overlaid body, as far as anybody can know. */
export function changesOf(
  overlaid: Overlaid,
  options: {
    readonly current: JsonObject;
    readonly readOnly: readonly string[];
    readonly table: Table;
    readonly defaults?: Defaults;
    readonly lastSent: SentDigest | undefined;
  },
): readonly FieldChange[] {
  const { current, readOnly, table, lastSent } = options;
  const along = table.filter(({ seen }) => seen === "along").map(({ to }) => to);
  const ignored = new Set([...readOnly, ...along, ...overlaid.unanswered.keys()]);
  const before = parseSent(lastSent);
  const unsent = [...overlaid.unanswered].filter(([field, value]) => {
    const digest = before.get(field);
    // Never sent, as far as we know: what GET shows, if anything, decides.
    return digest === undefined ? !isSame(readField(current, field), value) : digest !== digestOf(value);
  });
  return [
    ...changesBetween(current, overlaid.body, {
      ignored,
      ...(options.defaults === undefined ? {} : { defaults: options.defaults }),
    }),
    ...unsent.map(([field, to]) => ({ field, from: readField(current, field), to })),
  ];
}

export function sentOf(overlaid: Overlaid, lastSent: SentDigest | undefined): SentDigest {
  return formatSent(parseSent(lastSent), overlaid.unanswered);
}
