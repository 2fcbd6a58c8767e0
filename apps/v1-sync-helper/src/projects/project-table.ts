// SPDX-License-Identifier: MIT
import { date, flag, listOf, lookup, oneOf, pointInTime, text, webAddress } from "../objects/rules.ts";
import type { Table, TextRule } from "../objects/table.ts";

const categories = [
  "Active",
  "Adopted",
  "Archived",
  "At-Large",
  "Early Adoption",
  "Emeritus",
  "Graduated",
  "Growth",
  "Idle",
  "Impact",
  "Incubating",
  "Kanister",
  "Mature",
  "Pre-LFESS",
  "Sandbox",
  "SIG",
  "Standards",
  "TAC",
  "Working Group",
  "TAG",
  "NONE",
];

const stages = [
  "Formation - Exploratory",
  "Formation - Engaged",
  "Active",
  "Archived",
  "Formation - On Hold",
  "Formation - Disengaged",
  "Formation - Confidential",
  "Prospect",
];

const legalEntityTypes = [
  "Subproject",
  "Incorporated Entity",
  "Series LLC",
  "Unofficial Subproject",
  "Internal Allocation",
  "None",
];

const fundingModels = ["Crowdfunding", "Membership", "Alternate Funding"];
const fundings = ["Funded", "Unfunded", "Supported by Parent Project"];

const slugMended =
  "v2 takes slugs of lower-case letters, digits, - and _, of 2 to 1000 characters, that begin with a letter and end with a letter or a digit; give the project such a slug in v1";

/** Slugs are lower-cased, and nothing else is guessed: a slug is an identity. */
const slug: TextRule = {
  takes: "text",
  words: "trimmed and lower-cased; must match `^[a-z][a-z0-9_-]*[a-z0-9]$`",
  empty: { is: "refused", why: `is empty: ${slugMended}` },
  read: (text) => {
    const slug = text.trim().toLowerCase();
    // The service has no bound and a store that has one, below which a call would be answered 500 again and again.
    if (/^[a-z][a-z0-9_-]{0,998}[a-z0-9]$/.test(slug)) return { is: "value", value: slug };
    return { is: "refused", why: `is no slug: ${slugMended}` };
  },
};

export const parentColumn = "parent_project__c";
export const legalParentColumn = "parent_entity_relationship__c";
export const stageColumns = ["stage__c", "project_status__c"];

/** v1's `salesforce-project__c` to v2's project. Where two columns stand, the second is the newer generation's. */
export const projectTable: Table = [
  {
    to: "name",
    from: ["name"],
    rule: { ...text(), empty: { is: "refused", why: "is empty: give the project a name in v1" } },
    required: "name is missing: give the project a name in v1",
  },
  {
    to: "slug",
    from: ["slug__c"],
    rule: slug,
    required: "slug__c is missing: give the project a slug in v1",
  },
  { to: "description", from: ["description__c"], rule: text({ empty: "" }), whenNew: "" },
  { to: "public", from: ["public__c"], rule: flag, whenNew: false },
  { to: "formation_date", from: ["formation_date__c", "start_date__c"], rule: date },
  { to: "legal_entity_name", from: ["legal_entity_name__c", "project_entity_name__c"], rule: text() },
  {
    to: "legal_entity_type",
    from: ["legal_entity_type__c", "category__c"],
    rule: oneOf(legalEntityTypes, "legal entity types"),
  },
  { to: "logo_url", from: ["logo_url__c", "project_logo__c"], rule: webAddress() },
  { to: "repository_url", from: ["repository_url__c", "repositoryurl__c"], rule: webAddress() },
  { to: "stage", from: stageColumns, rule: oneOf(stages, "stages") },
  { to: "website_url", from: ["website_url__c", "website__c"], rule: webAddress() },
  { to: "category", from: ["admin_category__c"], rule: oneOf(categories, "categories", "NONE") },
  { to: "funding", from: ["funding__c"], rule: oneOf(fundings, "kinds of funding") },
  { to: "funding_model", from: ["model__c"], rule: listOf(fundingModels, "funding models") },
  { to: "charter_url", from: ["charterurl__c"], rule: webAddress() },
  { to: "autojoin_enabled", from: ["auto_join_enabled__c"], rule: flag },
  { to: "entity_dissolution_date", from: ["project_entity_dissolution_date__c"], rule: date },
  {
    to: "entity_formation_document_url",
    from: ["project_entity_formation_document__c"],
    rule: webAddress(),
  },
  {
    to: "parent_uid",
    from: [parentColumn],
    rule: lookup("the v2 project that v1's project of this id became; empty or missing: v2's `ROOT`"),
  },
  {
    to: "legal_parent_uid",
    from: [legalParentColumn],
    rule: lookup("the v2 project that v1's project of this id became"),
  },
  { to: "created_at", from: ["createddate"], rule: pointInTime, seen: "along" },
  { to: "updated_at", from: ["lastmodifieddate"], rule: pointInTime, seen: "along" },
];

/** Part of the create, and of `/projects/{uid}/settings` ever after. */
export const projectSettingsTable: Table = [
  { to: "mission_statement", from: ["mission_statement"], rule: text() },
  { to: "announcement_date", from: ["expected_announcement_date__c"], rule: date },
];

/** What becomes of `public` where v1 has no `public__c`, and of two values that v2 ties together. */
export const projectRemarks = [
  "`public` without `public__c`: true when the stage in v1 is Active and the parent is v2's `ROOT` or public itself.",
  "`stage` Archived needs `entity_dissolution_date`; without one the stage stays as v2 has it.",
] as const;
