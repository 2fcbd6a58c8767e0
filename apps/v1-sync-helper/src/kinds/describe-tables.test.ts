// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { describeTables } from "./describe-tables.ts";

test("the tables are told as they are carried out", ({ expect }) => {
  const tables = describeTables();
  expect(tables.map(({ kind, stream }) => [kind, stream])).toEqual([
    ["project", "salesforce-project__c"],
    ["committee", "platform-collaboration__c"],
    ["member", "platform-community__c"],
  ]);
  const rows = tables.flatMap(({ rows }) => rows);
  expect(rows).toContainEqual({
    columns: ["stage__c", "project_status__c"],
    part: "object",
    field: "stage",
    rule: "one of v2's stages; any other is left out",
  });
  expect(rows).toContainEqual({
    columns: ["public_enabled"],
    part: "object",
    field: "public",
    rule: "true or false; empty, or missing in a new object: `false`",
  });
  expect(rows).toContainEqual({
    columns: ["business_email_required__c"],
    part: "settings",
    field: "business_email_required",
    rule: "true or false; empty, or missing in a new object: `false`",
  });
  expect(rows).toContainEqual({
    columns: ["name"],
    part: "object",
    field: "name",
    rule: "as it is; empty, or missing in a new object: refused",
  });
  expect(rows).toContainEqual({
    columns: ["auto_join_enabled__c"],
    part: "object",
    field: "autojoin_enabled",
    rule: "true or false; empty: `false`",
  });
  expect(rows).toContainEqual({
    columns: ["country"],
    part: "object",
    field: "country",
    rule: "as it is; v2 does not give it back: compared with what was last sent",
  });
  expect(rows).toContainEqual({
    columns: [],
    part: "object",
    field: "requires_review",
    rule: "`false` in a new object, else as v2 has it",
  });
  for (const { rule, field } of rows) expect(`${field}: ${rule}`).toMatch(/: \S.*\S$/);
});
