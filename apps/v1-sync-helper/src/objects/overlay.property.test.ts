// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, test } from "vitest";
import { committeeSettingsTable, committeeTable } from "../committees/committee-table.ts";
import { createObjectTypes } from "../kinds/object-types.ts";
import { memberTable } from "../members/member-table.ts";
import { projectSettingsTable, projectTable } from "../projects/project-table.ts";
import type { Json, JsonObject } from "../records/json.ts";
import { streamOfKind } from "../records/object-key.ts";
import { appliedWith, FakeWorld, recordOf, rootUid, subjectOf } from "../testing/fake-world.ts";
import { readField, without } from "./field-path.ts";
import { overlay } from "./overlay.ts";
import type { Table } from "./table.ts";

const types = createObjectTypes({ allowlists: { projects: new Set(), families: new Set() } });
const uid = "22222222-2222-4222-8222-222222222222";
const committeeUid = "44444444-4444-4444-8444-444444444444";

/** Values that v1 holds, good and bad ones, in any column. */
const cell: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(
    null,
    "",
    " ",
    "nil",
    true,
    false,
    7,
    "Active",
    "Archived",
    "None",
    "Chair",
    "Counsel",
    "Voting Rep",
    "Board",
    "Series LLC",
    "Membership; Barter",
    "example.org",
    "https://example.org/a b",
    "2024-02-29T12:00:00+00:00",
    "2024-02-30",
    "example",
    "jane@example.org",
    "open",
  ),
  fc.string({ unit: "grapheme", maxLength: 120 }),
);

function recordFor(...tables: readonly Table[]): fc.Arbitrary<JsonObject> {
  const columns = new Set(tables.flat().flatMap(({ from, rule }) => (rule.takes === "look-up" ? [] : from)));
  return fc.dictionary(fc.constantFrom(...columns), cell, { maxKeys: columns.size });
}

const inV2 = fc.record(
  {
    slug: fc.constant("example"),
    name: fc.constantFrom("Example", "Other"),
    email: fc.constant("jane@example.org"),
    category: fc.constantFrom("Other", "Board"),
    description: fc.constantFrom("A demo", "B"),
    stage: fc.constantFrom("Active", "Prospect"),
    website: fc.constant("https://example.org"),
    public: fc.boolean(),
    is_foundation: fc.boolean(),
    role: fc.constantFrom<JsonObject[]>(
      { name: "None", start_date: null, end_date: null },
      { name: "Chair" },
    ),
    voting: fc.constantFrom<JsonObject[]>({ status: "None", start_date: null }, { status: "Observer" }),
    linkedin_profile: fc.constant("https://linkedin.com/in/x"),
    funding_model: fc.constantFrom([], ["Membership"]),
  },
  { requiredKeys: ["slug"] },
);

/** What GET gives of a body: neither what the service does not know, nor what it puts something else in the place of. */
const unanswered = [
  "type",
  "is_audit",
  "website_url",
  "public_name",
  "committee_id",
  "sso_group_name",
  "country",
  "agency",
];
const answered = {
  project: (body: JsonObject) => body,
  committee: (body: JsonObject) => without(body, unanswered),
  member: (body: JsonObject) => without(body, unanswered),
};

describe.for([
  ["project", [projectTable, projectSettingsTable], `/projects/${uid}`, `/projects/${uid}/settings`],
  [
    "committee",
    [committeeTable, committeeSettingsTable],
    `/committees/${uid}`,
    `/committees/${uid}/settings`,
  ],
  ["member", [memberTable], `/committees/${committeeUid}/members/${uid}?v=1`, undefined],
] as const)("whatever a %s's record holds", ([kind, tables, path, settingsPath]) => {
  const [table] = tables;

  test("once it is carried out, nothing is left to write", async ({ expect }) => {
    let updates = 0;
    await fc.assert(
      fc.asyncProperty(recordFor(...tables), inV2, async (columns, current) => {
        const world = new FakeWorld().hold(path, { uid, parent_uid: rootUid, ...current });
        if (settingsPath !== undefined) world.hold(settingsPath, { uid });
        const mapping = { state: "mapped", uid, committeeUid } as const;
        const first = await types[kind].plan(subjectOf(kind, "A", mapping), recordOf(columns), world);
        if (first.action === "refuse") return;
        expect(first.action).toMatch(/^(?:update|unchanged)$/);
        if (first.action === "update") {
          updates += 1;
          for (const call of first.calls) world.carryOut(call, answered[kind]);
        }
        const applied = appliedWith("sent" in first ? first.sent : "");
        const again = await types[kind].plan(
          subjectOf(kind, "A", mapping, { applied }),
          recordOf(columns),
          world,
        );
        expect(again).toMatchObject({ action: "unchanged" });
      }),
      { numRuns: 500 },
    );
    expect(updates).toBeGreaterThan(50);
  });

  test("fields that it does not have stay as v2 has them", ({ expect }) => {
    fc.assert(
      fc.property(recordFor(...tables), inV2, (columns, current) => {
        const { body } = overlay({ current, readOnly: [], record: recordOf(columns), table });
        for (const { to, from } of table) {
          if (from.some((column) => column in columns)) continue;
          if (table.some((other) => other.to === to && other.from.some((column) => column in columns)))
            continue;
          expect(readField(body, to)).toEqual(readField(current, to));
        }
        for (const field of ["is_foundation", "linkedin_profile"])
          expect(readField(body, field)).toEqual(readField(current, field));
      }),
    );
  });

  test("laying it over changes neither the record nor the body", ({ expect }) => {
    fc.assert(
      fc.property(recordFor(...tables), inV2, (columns, current) => {
        const before = JSON.stringify([columns, current]);
        overlay({ current, readOnly: ["slug"], record: recordOf(columns), table });
        expect(JSON.stringify([columns, current])).toBe(before);
      }),
    );
  });

  test("an empty record writes nothing", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(inV2, async (current) => {
        const world = new FakeWorld().hold(path, { uid, ...current });
        const mapping = { state: "mapped", uid, committeeUid } as const;
        const plan = await types[kind].plan(subjectOf(kind, "A", mapping), recordOf({}), world);
        expect(plan).toMatchObject({ action: "unchanged", notes: [] });
      }),
    );
  });

  test("the plan is the same whatever columns it has beside", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(recordFor(...tables), inV2, async (columns, current) => {
        const beside = {
          __proto__x: 1,
          constructor: "c",
          toString: "t",
          _sdc_received_at: "x",
          unknown__c: { a: [1] },
        };
        const plans = [columns, { ...columns, ...beside }].map((given) => {
          const world = new FakeWorld().hold(path, { uid, parent_uid: rootUid, ...current });
          if (settingsPath !== undefined) world.hold(settingsPath, { uid });
          const subject = subjectOf(kind, "A", { state: "mapped", uid, committeeUid });
          return types[kind].plan(subject, recordOf(given), world);
        });
        const [plain, more] = await Promise.all(plans);
        expect(more).toEqual(plain);
      }),
    );
  });
});

test("every kind of object has a stream", ({ expect }) => {
  expect(Object.keys(types).sort()).toEqual(Object.keys(streamOfKind).sort());
});
