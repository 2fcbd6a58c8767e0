// SPDX-License-Identifier: MIT
import {
  email,
  fits,
  flag,
  lookup,
  oneOf,
  pointInTime,
  requiredText,
  text,
  token,
  webAddress,
} from "../objects/rules.ts";
import type { Table } from "../objects/table.ts";
import { category } from "./category.ts";

const joinModes = ["open", "invite_only", "application", "closed"];

const nameCharacters = 100;

const name = requiredText(
  "as it is; refused when longer than 100 characters",
  (text) =>
    fits(text, nameCharacters)
      ? undefined
      : `has more than the ${nameCharacters} characters that v2 takes for a committee's name: shorten it in v1`,
  "is empty: give the committee a name in v1",
);

export const projectColumn = "project_name__c";

/**
 * v1's `platform-collaboration__c` to v2's committee. Fields that v2 does not know (`type`, `is_audit`, `website_url`,
 * `public_name`, `committee_id`) are sent under v1's names beside v2's own: the service takes them and never gives
 * them back.
 */
export const committeeTable: Table = [
  {
    to: "name",
    from: ["mailing_list__c"],
    rule: name,
    required: "mailing_list__c is missing: give the committee a name in v1",
  },
  {
    to: "project_uid",
    from: [projectColumn],
    rule: lookup(
      "the v2 project that v1's project of this id became (the column holds an id in spite of its name)",
    ),
  },
  { to: "description", from: ["description__c"], rule: text({ atMost: 2000 }) },
  { to: "enable_voting", from: ["enable_voting__c"], rule: flag, whenNew: false },
  { to: "is_audit", from: ["is_audit"], rule: flag, seen: "unanswered" },
  { to: "category", from: ["type__c"], rule: category, whenNew: "Other" },
  { to: "type", from: ["type__c"], rule: text(), seen: "unanswered" },
  { to: "public", from: ["public_enabled"], rule: flag, whenNew: false },
  { to: "website", from: ["committee_website__c"], rule: webAddress("http") },
  { to: "website_url", from: ["committee_website__c"], rule: webAddress("http"), seen: "unanswered" },
  { to: "sso_group_enabled", from: ["sso_group_enabled"], rule: flag, whenNew: false },
  { to: "sso_group_name", from: ["sso_group_name"], rule: text(), seen: "unanswered" },
  { to: "display_name", from: ["public_name"], rule: text({ atMost: 100 }) },
  { to: "public_name", from: ["public_name"], rule: text(), seen: "unanswered" },
  { to: "committee_id", from: ["committee_id"], rule: text(), seen: "unanswered" },
  { to: "requires_review", from: [], rule: flag, whenNew: false },
  { to: "join_mode", from: ["join_mode"], rule: oneOf(joinModes, "ways to join") },
  { to: "mailing_list", from: ["mailing_list_email"], rule: email },
  { to: "chat_channel", from: ["chat_channel"], rule: token(500) },
  { to: "created_at", from: ["createddate"], rule: pointInTime, seen: "along" },
  { to: "updated_at", from: ["lastmodifieddate"], rule: pointInTime, seen: "along" },
];

/** Part of the create, and of `/committees/{uid}/settings` ever after. */
export const committeeSettingsTable: Table = [
  { to: "business_email_required", from: ["business_email_required__c"], rule: flag, whenNew: false },
];

export const committeeRemarks = [
  "A committee that moves to another project keeps its name reserved in the old one: v2 moves no reservation.",
] as const;
