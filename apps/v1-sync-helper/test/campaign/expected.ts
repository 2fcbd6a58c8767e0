// SPDX-License-Identifier: MIT
// What v2 has to hold of a row of v1: written from the tables of the brief and the services' rules, and nothing else.
import { organizations, users } from "./people.ts";
import type { Columns, Kind } from "./v1-object.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Where the object's parent is in v2, by v1's id of it. */
export type UidOf = (kind: Kind, id: string) => string | undefined;

/** The fields of the object in v2, and those of its settings. */
export interface Expected {
  readonly base: Fields;
  readonly settings: Fields;
}

function text(columns: Columns, ...names: readonly string[]): string {
  for (const name of names) {
    const value = columns[name];
    if (typeof value === "string") return value;
    if (value === null) return "";
  }
  return "";
}

function day(columns: Columns, ...names: readonly string[]): string {
  return text(columns, ...names).slice(0, 10);
}

function url(columns: Columns, ...names: readonly string[]): string {
  const value = text(columns, ...names);
  if (value === "" || value === "nil") return "";
  return value.includes("://") ? value : `https://${value}`;
}

function known(value: string, all: readonly string[], otherwise: string): string {
  return value === "" || all.includes(value) ? value : otherwise;
}

export function expectedOf(kind: Kind, columns: Columns, uidOf: UidOf, rootUid: string): Expected {
  if (kind === "project") return projectOf(columns, uidOf, rootUid);
  return kind === "committee" ? committeeOf(columns, uidOf) : memberOf(columns, uidOf);
}

function projectOf(columns: Columns, uidOf: UidOf, rootUid: string): Expected {
  const parent = text(columns, "parent_project__c");
  const stage = text(columns, "stage__c", "project_status__c");
  const said = columns["public__c"];
  return {
    base: {
      name: text(columns, "name"),
      slug: text(columns, "slug__c").trim().toLowerCase(),
      description: text(columns, "description__c"),
      // S0's rule; here it goes by the stage alone, for only projects below ROOT lack the column.
      public: typeof said === "boolean" ? said : stage === "Active",
      formation_date: day(columns, "formation_date__c", "start_date__c"),
      legal_entity_name: text(columns, "legal_entity_name__c", "project_entity_name__c"),
      legal_entity_type: text(columns, "legal_entity_type__c", "category__c"),
      logo_url: url(columns, "logo_url__c", "project_logo__c"),
      repository_url: url(columns, "repository_url__c", "repositoryurl__c"),
      stage,
      website_url: url(columns, "website_url__c", "website__c"),
      category: known(text(columns, "admin_category__c"), ["Sandbox", "Graduated"], "NONE"),
      funding_model: text(columns, "model__c").split(";").filter(Boolean),
      parent_uid: parent === "" ? rootUid : uidOf("project", parent),
    },
    settings: {
      mission_statement: text(columns, "mission_statement"),
      announcement_date: day(columns, "expected_announcement_date__c"),
    },
  };
}

function committeeOf(columns: Columns, uidOf: UidOf): Expected {
  const name = text(columns, "mailing_list__c");
  return {
    base: {
      name,
      project_uid: uidOf("project", text(columns, "project_name__c")),
      description: text(columns, "description__c"),
      enable_voting: columns["enable_voting__c"],
      category: categoryOf(text(columns, "type__c"), name),
      public: columns["public_enabled"],
      website: url(columns, "committee_website__c"),
      sso_group_enabled: columns["sso_group_enabled"],
      display_name: text(columns, "public_name"),
      join_mode: text(columns, "join_mode") || "invite_only",
      chat_channel: text(columns, "chat_channel"),
    },
    settings: { business_email_required: columns["business_email_required__c"] },
  };
}

function categoryOf(type: string, name: string): string {
  if (type === "Technical Oversight Committee/Technical Advisory Committee")
    return /advisory|tac/i.test(name) ? "Technical Advisory Committee" : "Technical Oversight Committee";
  return known(type, ["Board", "Working Group", "Legal Committee"], "Other") || "Other";
}

function memberOf(columns: Columns, uidOf: UidOf): Expected {
  const person = users.get(text(columns, "contact_name__c"));
  const organization = organizations.get(text(columns, "account__c"));
  const role = known(text(columns, "role__c"), ["Chair", "Director", "Lead", "None"], "None");
  const dates = { start_date: day(columns, "start_date__c"), end_date: day(columns, "end_date__c") };
  const voting = text(columns, "voting_status__c");
  const isVoting = voting !== "" && voting !== "None";
  return {
    base: {
      committee_uid: uidOf("committee", text(columns, "collaboration_name__c")),
      email: text(columns, "contactemail__c").trim(),
      first_name: person?.FirstName,
      last_name: person?.LastName,
      job_title: text(columns, "title"),
      // Without a name there is no role, and None alone says nothing.
      "role.name": role === "None" ? "" : role,
      "role.start_date": role === "" ? "" : dates.start_date,
      "role.end_date": role === "" ? "" : dates.end_date,
      appointed_by: known(
        text(columns, "appointed_by__c") || "None",
        ["Community", "Vote of TSC Committee"],
        "None",
      ),
      status: text(columns, "status__c") || "Active",
      "voting.status": isVoting ? voting : "",
      "voting.start_date": isVoting ? day(columns, "voting_start_date__c") : "",
      "organization.name": organization?.Name,
      "organization.website": organization?.Domains === undefined ? "" : `http://${organization.Domains}`,
    },
    settings: {},
  };
}

/** What differs between what has to be and what is; absent, `null`, `""`, `false` and `[]` are one. */
export function differences(expected: Fields, data: Fields): readonly string[] {
  return Object.entries(expected).flatMap(([field, wanted]) => {
    const [a, b] = [normal(wanted), normal(readPath(data, field))];
    // Stored as None, which says nothing.
    if ((field === "role.name" || field === "voting.status") && a === "" && b === '"None"') return [];
    return a === b ? [] : [`${field} is ${b || "empty"} in place of ${a || "empty"}`];
  });
}

function readPath(data: Fields, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, name) =>
        typeof value === "object" && value !== null
          ? Object.entries(value).find(([key]) => key === name)?.[1]
          : undefined,
      data,
    );
}

function normal(value: unknown): string {
  if (value === undefined || value === null || value === "" || value === false) return "";
  return Array.isArray(value) && value.length === 0 ? "" : JSON.stringify(value);
}
