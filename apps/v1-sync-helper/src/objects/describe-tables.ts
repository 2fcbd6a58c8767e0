// SPDX-License-Identifier: MIT
import { committeeRemarks, committeeSettingsTable, committeeTable } from "../committees/committee-table.ts";
import { memberRemarks, memberTable } from "../members/member-table.ts";
import { projectRemarks, projectSettingsTable, projectTable } from "../projects/project-table.ts";
import { type ObjectKind, streamOfKind } from "../records/object-key.ts";
import type { Row, Table } from "./table.ts";

/** One row of a mapping table, for people. */
export interface DescribedRow {
  /** v1's columns; the first that a record has wins. Empty: v1 has none. */
  readonly columns: readonly string[];
  /** v2's field; those of an object's settings begin with `settings: `. */
  readonly field: string;
  /** In words. */
  readonly rule: string;
}

export interface DescribedTable {
  readonly kind: ObjectKind;
  /** The stream of v1, e.g. `salesforce-project__c`. */
  readonly stream: string;
  readonly rows: readonly DescribedRow[];
  /** Rules that are about more than one field, in sentences. */
  readonly remarks: readonly string[];
}

/** The mapping tables as they are carried out, for the README. */
export function describeTables(): readonly DescribedTable[] {
  return [
    describe("project", [projectTable, projectSettingsTable], projectRemarks),
    describe("committee", [committeeTable, committeeSettingsTable], committeeRemarks),
    describe("member", [memberTable, []], memberRemarks),
  ];
}

function describe(
  kind: ObjectKind,
  [base, settings]: readonly [Table, Table],
  remarks: readonly string[],
): DescribedTable {
  const rows = [
    ...base.map((row) => describeRow(row, row.to)),
    ...settings.map((row) => describeRow(row, `settings: ${row.to}`)),
  ];
  return { kind, stream: streamOfKind[kind], rows, remarks };
}

function describeRow(row: Row, field: string): DescribedRow {
  const { from, rule, whenNew } = row;
  if (from.length === 0) {
    return { columns: [], field, rule: `${JSON.stringify(whenNew)} in a new object, else as v2 has it` };
  }
  return { columns: from, field, rule: [rule.words, ...additions(row)].join("; ") };
}

function additions({ rule, whenNew, required, seen }: Row): readonly string[] {
  const words: string[] = [];
  const empty = rule.takes === "look-up" ? undefined : rule.empty;
  if (empty?.is === "value") words.push(`empty: ${JSON.stringify(empty.value)}`);
  if (empty?.is === "refused") words.push("empty: refused");
  if (whenNew !== undefined) words.push(`missing in a new object: ${JSON.stringify(whenNew)}`);
  if (required !== undefined) words.push("required in a new object");
  if (seen === "along") words.push("never a reason to write");
  if (seen === "unanswered")
    words.push("v2 does not give it back as it was sent: compared with what was last sent");
  return words;
}
