// SPDX-License-Identifier: MIT
import { date, isEmail, lookup, oneOf, requiredText, text } from "../objects/rules.ts";
import type { Table } from "../objects/table.ts";

const roles = [
  "Chair",
  "Developer Seat",
  "TAC/TOC Representative",
  "Director",
  "Lead",
  "None",
  "Secretary",
  "Technical Lead",
  "Treasurer",
  "Vice Chair",
  "LF Staff",
];

const appointments = [
  "Community",
  "Membership Entitlement",
  "Vote of End User Member Class",
  "Vote of TSC Committee",
  "Vote of TAC Committee",
  "Vote of Academic Member Class",
  "Vote of Lab Member Class",
  "Vote of Marketing Committee",
  "Vote of Governing Board",
  "Vote of General Member Class",
  "Vote of End User Committee",
  "Vote of TOC Committee",
  "Vote of Gold Member Class",
  "Vote of Silver Member Class",
  "Vote of Strategic Membership Class",
  "None",
];

const votes = ["Alternate Voting Rep", "Observer", "Voting Rep", "Emeritus", "None"];

const email = requiredText(
  "trimmed; a member without one is refused",
  (text) => (isEmail(text.trim()) ? undefined : "is no e-mail address: correct it in v1"),
  "is empty: v2 knows members by their e-mail address, so give this one an address in v1",
);

export const committeeColumn = "collaboration_name__c";
/** Of the project that the committee belongs to; only for the mapping. */
export const projectColumn = "project_name__c";
export const personColumn = "contact_name__c";
export const organizationColumn = "account__c";

/** v1's `platform-community__c` to a member of a v2 committee; the committee stands in the path. */
export const memberTable: Table = [
  {
    to: "email",
    from: ["contactemail__c"],
    rule: { ...email, read: (text, body) => email.read(text.trim(), body) },
    required:
      "contactemail__c is missing: v2 knows members by their e-mail address, so give this one an address in v1",
    personal: true,
  },
  {
    to: "username",
    from: [personColumn],
    rule: lookup(
      "the username of v1's user of this id; v2 puts the one it knows for the e-mail address in its place",
    ),
    seen: "unanswered",
    personal: true,
  },
  {
    to: "first_name",
    from: [personColumn],
    rule: lookup("the first name of v1's user of this id"),
    seen: "refilled",
    personal: true,
  },
  {
    to: "last_name",
    from: [personColumn],
    rule: lookup("the last name of v1's user of this id"),
    seen: "refilled",
    personal: true,
  },
  { to: "job_title", from: ["title"], rule: text({ atMost: 200 }) },
  { to: "role.name", from: ["role__c"], rule: oneOf(roles, "roles", "None") },
  { to: "role.start_date", from: ["start_date__c"], rule: date },
  { to: "role.end_date", from: ["end_date__c"], rule: date },
  {
    to: "appointed_by",
    from: ["appointed_by__c"],
    rule: {
      ...oneOf(appointments, "ways to be appointed", "None"),
      empty: { is: "value", value: "None" },
    },
    whenNew: "None",
  },
  {
    to: "status",
    from: ["status__c"],
    rule: { ...oneOf(["Active", "Inactive"], "statuses"), empty: { is: "value", value: "Active" } },
    whenNew: "Active",
  },
  { to: "voting.status", from: ["voting_status__c"], rule: oneOf(votes, "voting statuses") },
  { to: "voting.start_date", from: ["voting_start_date__c"], rule: date },
  { to: "voting.end_date", from: ["voting_end_date__c"], rule: date },
  {
    to: "organization.id",
    from: [organizationColumn],
    rule: lookup("the id itself, where it is a Salesforce id; v2 replaces or blanks it by its own register"),
    seen: "unanswered",
  },
  {
    to: "organization.name",
    from: [organizationColumn],
    rule: lookup("the name of v1's organization of this id, cut after 200 characters"),
  },
  {
    to: "organization.website",
    from: [organizationColumn],
    rule: lookup("`http://` and the domain of v1's organization of this id"),
  },
  { to: "country", from: ["country"], rule: text(), seen: "unanswered" },
  { to: "agency", from: ["agency"], rule: text(), seen: "unanswered" },
];

export const memberRemarks = [
  "`role` is sent only with a name, `voting` only with a status other than None: a committee that votes refuses the rest.",
  "A member whose committee changed is deleted there and created here.",
] as const;
