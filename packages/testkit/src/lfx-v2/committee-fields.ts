// SPDX-License-Identifier: Apache-2.0
import type { Fields, ListField, TextField } from "./schema.ts";

const flag = { type: "flag" } as const;
const text = { type: "text" } as const;
const upTo = (maxLength: number) => ({ type: "text", maxLength }) as const satisfies TextField;
const HTTP = /^https?:\/\/[^\s/$.?#][^\s]*$/;
const httpUri = { type: "text", format: "uri", pattern: HTTP } as const satisfies TextField;
const texts = { type: "list", maxItems: 50, items: upTo(500) } as const satisfies ListField;

/** What `PUT /committees/{uid}` takes. */
export const committeeFields: Fields = {
  name: { type: "text", required: true, maxLength: 100 },
  category: {
    type: "text",
    required: true,
    oneOf: [
      "Ambassador",
      "Board",
      "Code of Conduct",
      "Committers",
      "Expert Group",
      "Finance Committee",
      "Government Advisory Council",
      "Legal Committee",
      "Maintainers",
      "Marketing Committee/Sub Committee",
      "Marketing Mailing List",
      "Marketing Oversight Committee/Marketing Advisory Committee",
      "Newsletter",
      "Other",
      "Product Security",
      "Special Interest Group",
      "Technical Advisory Committee",
      "Technical Mailing List",
      "Technical Oversight Committee",
      "Technical Steering Committee",
      "Working Group",
    ],
  },
  project_uid: { type: "text", required: true, format: "uuid" },
  description: upTo(2_000),
  website: httpUri,
  repository: httpUri,
  mailing_list: { type: "text", format: "email" },
  chat_channel: upTo(500),
  enable_voting: flag,
  sso_group_enabled: flag,
  requires_review: flag,
  public: flag,
  calendar: { type: "object", fields: { public: flag } },
  display_name: upTo(100),
  parent_uid: { type: "text", format: "uuid" },
  join_mode: { type: "text", oneOf: ["open", "invite_only", "application", "closed"] },
  scope: texts,
  deliverables: texts,
  key_dates: {
    type: "list",
    maxItems: 50,
    items: {
      type: "object",
      fields: {
        date: { type: "text", required: true, pattern: /^\d{4}-(0[1-9]|1[0-2])$/ },
        label: { type: "text", required: true, maxLength: 200 },
      },
    },
  },
  external_sources: {
    type: "list",
    maxItems: 50,
    items: {
      type: "object",
      fields: {
        provider: { type: "text", required: true, oneOf: ["ocg"] },
        entity_type: { type: "text", required: true, oneOf: ["community", "group", "event"] },
        label: { type: "text", required: true, maxLength: 200 },
        url: { type: "text", required: true, format: "uri", pattern: HTTP, maxLength: 2_048 },
        external_id: upTo(200),
        external_category: upTo(200),
        external_region: upTo(200),
        external_event_category: upTo(200),
      },
    },
  },
};

const users: ListField = {
  type: "list",
  items: {
    type: "object",
    fields: { avatar: { type: "text", format: "uri" }, email: text, name: text, username: text },
  },
};

/** What `POST /committees` takes of the settings; nothing is required there. */
const newSettingsFields: Fields = {
  business_email_required: flag,
  member_visibility: { type: "text", oneOf: ["hidden", "basic_profile"] },
  show_meeting_attendees: flag,
  last_reviewed_at: { type: "text", format: "date-time" },
  last_reviewed_by: text,
  writers: users,
  auditors: users,
  chat_webhook_url: {
    type: "text",
    maxLength: 500,
    pattern: /^$|^https:\/\/hooks\.slack\.com\/[^\s]*$/,
  },
};

export const newCommitteeFields: Fields = { ...committeeFields, ...newSettingsFields };

/** What `PUT /committees/{uid}/settings` takes. */
export const committeeSettingsFields: Fields = {
  ...newSettingsFields,
  business_email_required: { type: "flag", required: true },
};
