// SPDX-License-Identifier: MIT
import { committeeRemarks, committeeSettingsTable, committeeTable } from "../committees/committee-table.ts";
import { memberRemarks, memberTable } from "../members/member-table.ts";
import type { Row, Table } from "../objects/table.ts";
import { projectRemarks, projectSettingsTable, projectTable } from "../projects/project-table.ts";
import type { Json } from "../records/json.ts";
import { type ObjectKind, streamOfKind } from "../records/object-key.ts";

/** One row of a mapping table, for people. */
export interface DescribedRow {
  /** v1's columns; the first that a record has wins. Empty: v1 has none. */
  readonly columns: readonly string[];
  /** Where v2 keeps it: in the object, or in its settings, which are a resource of their own. */
  readonly part: "object" | "settings";
  /** v2's field. */
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
    ...base.map((row) => describeRow(row, "object")),
    ...settings.map((row) => describeRow(row, "settings")),
  ];
  return { kind, stream: streamOfKind[kind], rows, remarks };
}

function describeRow(row: Row, part: DescribedRow["part"]): DescribedRow {
  const { from, to: field, rule, whenNew } = row;
  if (from.length === 0) {
    return {
      columns: [],
      part,
      field,
      rule: `${json(whenNew ?? null)} in a new object, else as v2 has it`,
    };
  }
  return { columns: from, part, field, rule: [rule.words, ...additions(row)].join("; ") };
}

function additions({ rule, whenNew, required, seen }: Row): readonly string[] {
  const words: string[] = [];
  const empty = rule.takes === "look-up" ? undefined : rule.empty;
  const whenEmpty =
    empty?.is === "value" ? json(empty.value) : empty?.is === "refused" ? "refused" : undefined;
  const whenMissing = required !== undefined ? "refused" : whenNew === undefined ? undefined : json(whenNew);
  if (whenEmpty !== undefined && whenEmpty === whenMissing) {
    words.push(`empty, or missing in a new object: ${whenEmpty}`);
  } else {
    if (whenEmpty !== undefined) words.push(`empty: ${whenEmpty}`);
    if (whenMissing !== undefined) words.push(`missing in a new object: ${whenMissing}`);
  }
  if (seen === "along") words.push("never a reason to write");
  if (seen === "unanswered") words.push("v2 does not give it back: compared with what was last sent");
  return words;
}

function json(value: Json): string {
  return `\`${JSON.stringify(value)}\``;
}
