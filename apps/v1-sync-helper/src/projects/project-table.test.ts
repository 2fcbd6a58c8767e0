// SPDX-License-Identifier: MIT
import { describe, test } from "vitest";
import type { Plan } from "../objects/plan.ts";
import type { JsonObject } from "../records/json.ts";
import { expectPlan, FakeWorld, recordOf, rootUid, subjectOf } from "../testing/fake-world.ts";
import { createProjectType } from "./project-type.ts";

const type = createProjectType({ projects: new Set(), families: new Set() });

function create(columns: JsonObject, world = new FakeWorld()): Promise<Plan> {
  return type.plan(subjectOf("project", "a0941000002AbCdAAE"), recordOf(columns), world);
}

async function createdBody(columns: JsonObject): Promise<JsonObject> {
  const minimal = { name: "Example", slug__c: "example" };
  const plan = expectPlan(await create({ ...minimal, ...columns }), "create");
  return plan.call.body ?? {};
}

describe("the user's table, in the columns of both generations", () => {
  test.for([
    ["name", "name", "Example Project", "Example Project"],
    ["slug__c", "slug", "Example-Project", "example-project"],
    ["description__c", "description", "A demo", "A demo"],
    ["public__c", "public", true, true],
    ["formation_date__c", "formation_date", "2021-04-01", "2021-04-01"],
    ["legal_entity_name__c", "legal_entity_name", "Example LLC", "Example LLC"],
    ["legal_entity_type__c", "legal_entity_type", "Series LLC", "Series LLC"],
    ["logo_url__c", "logo_url", "https://example.org/logo.svg", "https://example.org/logo.svg"],
    ["repository_url__c", "repository_url", "https://example.org/git", "https://example.org/git"],
    ["stage__c", "stage", "Formation - Engaged", "Formation - Engaged"],
    ["website_url__c", "website_url", "https://example.org", "https://example.org"],
    ["start_date__c", "formation_date", "2021-04-01T00:00:00+00:00", "2021-04-01"],
    ["project_entity_name__c", "legal_entity_name", "Example LLC", "Example LLC"],
    ["category__c", "legal_entity_type", "Incorporated Entity", "Incorporated Entity"],
    ["project_logo__c", "logo_url", " example.org/logo.svg ", "https://example.org/logo.svg"],
    ["repositoryurl__c", "repository_url", "http://example.org/git", "http://example.org/git"],
    ["project_status__c", "stage", "Prospect", "Prospect"],
    ["website__c", "website_url", "example.org", "https://example.org"],
    ["admin_category__c", "category", "Incubating", "Incubating"],
    ["admin_category__c", "category", "Sunset", "NONE"],
    ["model__c", "funding_model", "Membership; Crowdfunding", ["Membership", "Crowdfunding"]],
    ["funding__c", "funding", "Supported by Parent Project", "Supported by Parent Project"],
    ["charterurl__c", "charter_url", "example.org/charter", "https://example.org/charter"],
    ["auto_join_enabled__c", "autojoin_enabled", true, true],
    ["auto_join_enabled__c", "autojoin_enabled", false, false],
    ["project_entity_dissolution_date__c", "entity_dissolution_date", "2024-02-29T10:00:00Z", "2024-02-29"],
    [
      "project_entity_formation_document__c",
      "entity_formation_document_url",
      "example.org/doc",
      "https://example.org/doc",
    ],
    ["mission_statement", "mission_statement", "Do good", "Do good"],
    ["expected_announcement_date__c", "announcement_date", "2026-01-31T00:00:00Z", "2026-01-31"],
    ["createddate", "created_at", "2020-01-01T00:00:00.000+0000", "2020-01-01T00:00:00Z"],
    ["lastmodifieddate", "updated_at", "2025-12-01T10:00:00", "2025-12-01T10:00:00Z"],
  ] as const)("%s becomes %s", async ([column, field, value, expected], { expect }) => {
    const body = await createdBody({ [column]: value });
    expect(body[field]).toEqual(expected);
  });

  test.for([
    ["formation_date__c", "start_date__c", "formation_date"],
    ["legal_entity_name__c", "project_entity_name__c", "legal_entity_name"],
    ["legal_entity_type__c", "category__c", "legal_entity_type"],
    ["logo_url__c", "project_logo__c", "logo_url"],
    ["repository_url__c", "repositoryurl__c", "repository_url"],
    ["stage__c", "project_status__c", "stage"],
    ["website_url__c", "website__c", "website_url"],
  ] as const)("%s wins over %s", async ([first, second, field], { expect }) => {
    const values: Record<string, readonly [string, string]> = {
      formation_date: ["2020-01-01", "2021-01-01"],
      legal_entity_name: ["A", "B"],
      legal_entity_type: ["Subproject", "Series LLC"],
      stage: ["Prospect", "Active"],
    };
    const [one, other] = values[field] ?? ["https://one.org", "https://other.org"];
    expect((await createdBody({ [first]: one, [second]: other }))[field]).toBe(one);
    expect((await createdBody({ [second]: other }))[field]).toBe(other);
    // Another JSON type than asked for counts as absent, an explicit empty does not.
    expect((await createdBody({ [first]: 7, [second]: other }))[field]).toBe(other);
    expect((await createdBody({ [first]: null, [second]: other }))[field]).toBeUndefined();
  });
});

test("a project with the columns of S0 is created as the original's description shows", async ({
  expect,
}) => {
  const columns = {
    sfid: "a0941000002AbCdAAE",
    name: "Example Project",
    slug__c: "Example-Project",
    description__c: "A demo",
    admin_category__c: "Incubating",
    category__c: "Series LLC",
    model__c: "Membership; Crowdfunding",
    start_date__c: "2021-04-01T00:00:00+00:00",
    website__c: "example.org",
    project_logo__c: "nil",
    auto_join_enabled__c: false,
    project_status__c: "Active",
    parent_project__c: null,
    mission_statement: "Do good",
    lastmodifiedbyid: "svc1@clients",
    lastmodifieddate: "2025-12-01T10:00:00.000000+00:00",
    _sdc_extracted_at: "2025-12-01T10:05:00+00:00",
    _sdc_received_at: "2025-12-01T10:05:01+00:00",
  };
  const plan = expectPlan(await create(columns), "create");
  expect(plan.naturalKey).toEqual({ kind: "project", slug: "example-project" });
  expect(plan.call).toMatchObject({ service: "project", method: "POST", path: "/projects" });
  expect(plan.call.body).toEqual({
    slug: "example-project",
    description: "A demo",
    name: "Example Project",
    public: true,
    parent_uid: rootUid,
    stage: "Active",
    category: "Incubating",
    funding_model: ["Membership", "Crowdfunding"],
    legal_entity_type: "Series LLC",
    autojoin_enabled: false,
    formation_date: "2021-04-01",
    website_url: "https://example.org",
    mission_statement: "Do good",
    updated_at: "2025-12-01T10:00:00Z",
  });
  expect(plan.notes).toEqual([]);
});

test("what v2 requires is always in a new project", async ({ expect }) => {
  expect(await createdBody({})).toEqual({
    name: "Example",
    slug: "example",
    description: "",
    public: false,
    parent_uid: rootUid,
  });
});

describe("values that v2 would refuse", () => {
  test.for([
    ["stage__c", "Sunset", 'stage__c "Sunset" is none of v2\'s stages: stage stays as it is'],
    ["legal_entity_type__c", "Ltd", /legal entity types: legal_entity_type stays as it is/],
    ["funding__c", "Somehow", /kinds of funding/],
    ["model__c", "Barter", /funding models: funding_model stays/],
    ["start_date__c", "31.12.2021", /start_date__c "31.12.2021" is no date/],
    ["start_date__c", "2021-02-30T00:00:00Z", /is no date/],
    ["website__c", "see the wiki", /is no web address/],
    ["website__c", "https://exa mple.org", /is no web address/],
    ["repositoryurl__c", "git@github.com:org/repo.git", /is no web address/],
    ["logo_url__c", "https://example.org/100%.svg", /is no web address/],
    ["public__c", "yes", /public__c does not hold true or false: public stays as it is/],
    ["legal_entity_name__c", 12, /legal_entity_name__c does not hold text/],
  ] as const)(
    "%s %j is left out with a remark, and the record goes on",
    async ([column, value, note], { expect }) => {
      const plan = expectPlan(await create({ name: "E", slug__c: "ee", [column]: value }), "create");
      expect(plan.notes).toEqual([typeof note === "string" ? note : expect.stringMatching(note)]);
      expect(Object.keys(plan.call.body ?? {}).sort()).toEqual([
        "description",
        "name",
        "parent_uid",
        "public",
        "slug",
      ]);
    },
  );

  test("the funding models that v2 knows are kept", async ({ expect }) => {
    const plan = expectPlan(
      await create({ name: "E", slug__c: "ee", model__c: "Barter; Membership;" }),
      "create",
    );
    expect(plan.call.body?.["funding_model"]).toEqual(["Membership"]);
    expect(plan.notes).toEqual([expect.stringMatching(/sent without/)]);
  });

  test("another scheme is an address too", async ({ expect }) => {
    expect((await createdBody({ repositoryurl__c: "git://example.org/x" }))["repository_url"]).toBe(
      "git://example.org/x",
    );
    expect((await createdBody({ website__c: "HTTPS://example.org/A" }))["website_url"]).toBe(
      "https://example.org/A",
    );
  });

  test.for([
    ["Ünïcode", /slug__c "Ünïcode" is no slug/],
    ["1password", /is no slug/],
    ["a", /is no slug/],
    ["a.b", /is no slug/],
    ["with blank", /is no slug/],
    ["ends-", /is no slug/],
    ["", /slug__c is empty/],
    [null, /slug__c is empty/],
    [undefined, /slug__c is missing/],
    [12, /slug__c is missing/],
  ] as const)("the slug %j makes the record unusable", async ([slug, message], { expect }) => {
    const columns = slug === undefined ? { name: "E" } : { name: "E", slug__c: slug };
    const plan = expectPlan(await create(columns), "refuse");
    expect(plan.reason).toEqual({ code: "unusable_record", message: expect.stringMatching(message) });
  });

  test.for([[undefined], [null], [""], [true]])(
    "the name %j makes the record unusable",
    async ([name], { expect }) => {
      const columns = name === undefined ? { slug__c: "ee" } : { slug__c: "ee", name };
      const plan = expectPlan(await create(columns), "refuse");
      expect(plan.reason.message).toMatch(/^name is (?:missing|empty): give the project a name in v1\.$/);
    },
  );

  test("every fault is told at once", async ({ expect }) => {
    const { reason } = expectPlan(await create({ slug__c: "1" }), "refuse");
    expect(reason.message).toMatch(/name is missing.*; slug__c "1" is no slug/);
  });
});
