// SPDX-License-Identifier: Apache-2.0
import type { Fields, ObjectField, TextField } from "./schema.ts";

const text = { type: "text" } as const satisfies TextField;
const uri = { type: "text", format: "uri" } as const satisfies TextField;
const date = { type: "text", format: "date" } as const satisfies TextField;
const flag = { type: "flag" } as const;

/** What `POST /projects` and `PUT /projects/{uid}` take. */
export const projectFields: Fields = {
  slug: { type: "text", required: true, pattern: /^[a-z][a-z0-9_-]*[a-z0-9]$/ },
  name: { type: "text", required: true },
  description: { type: "text", required: true },
  parent_uid: { type: "text", required: true },
  public: flag,
  is_foundation: flag,
  autojoin_enabled: flag,
  stage: {
    type: "text",
    oneOf: [
      "Formation - Exploratory",
      "Formation - Engaged",
      "Active",
      "Archived",
      "Formation - On Hold",
      "Formation - Disengaged",
      "Formation - Confidential",
      "Prospect",
    ],
  },
  category: {
    type: "text",
    oneOf: [
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
    ],
  },
  funding: { type: "text", oneOf: ["Funded", "Unfunded", "Supported by Parent Project"] },
  funding_model: {
    type: "list",
    items: { type: "text", oneOf: ["Crowdfunding", "Membership", "Alternate Funding"] },
  },
  legal_entity_type: {
    type: "text",
    oneOf: [
      "Subproject",
      "Incorporated Entity",
      "Series LLC",
      "Unofficial Subproject",
      "Internal Allocation",
      "None",
    ],
  },
  legal_entity_name: text,
  legal_parent_uid: { type: "text", format: "uuid" },
  entity_dissolution_date: date,
  formation_date: date,
  charter_url: uri,
  entity_formation_document_url: uri,
  logo_url: uri,
  repository_url: uri,
  website_url: uri,
};

const user: ObjectField = {
  type: "object",
  fields: {
    name: text,
    email: { type: "text", pattern: /^$|^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$/ },
    username: text,
    avatar: { type: "text", pattern: /^$|^[a-zA-Z][a-zA-Z0-9+\-.]*:.+$/ },
    invite: {
      type: "object",
      fields: { uid: text, email: text, expires_at: { type: "text", format: "date-time" } },
    },
  },
};

export const userLists = ["writers", "auditors", "meeting_coordinators"] as const;
export const singleUsers = ["executive_director", "program_manager", "opportunity_owner"] as const;

/** What `PUT /projects/{uid}/settings` takes, and the create too. */
export const projectSettingsFields: Fields = {
  mission_statement: text,
  announcement_date: date,
  writers: { type: "list", items: user },
  auditors: { type: "list", items: user },
  meeting_coordinators: { type: "list", items: user },
  executive_director: user,
  program_manager: user,
  opportunity_owner: user,
};

export const newProjectFields: Fields = { ...projectFields, ...projectSettingsFields };
