// SPDX-License-Identifier: Apache-2.0
import type { Fields, TextField } from "./schema.ts";

const date = { type: "text", format: "date" } as const satisfies TextField;
const upTo = (maxLength: number) => ({ type: "text", maxLength }) as const satisfies TextField;

/** What `POST` and `PUT` of a committee's member take. */
export const memberFields: Fields = {
  email: { type: "text", required: true, format: "email" },
  username: upTo(100),
  first_name: upTo(100),
  last_name: upTo(100),
  job_title: upTo(200),
  linkedin_profile: {
    type: "text",
    format: "uri",
    pattern: /^(https?:\/\/)?([a-z]{2,3}\.)?linkedin\.com\/.*$/,
  },
  role: {
    type: "object",
    fields: {
      name: {
        type: "text",
        oneOf: [
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
        ],
      },
      start_date: date,
      end_date: date,
    },
  },
  appointed_by: {
    type: "text",
    oneOf: [
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
    ],
  },
  status: { type: "text", oneOf: ["Active", "Inactive"] },
  voting: {
    type: "object",
    fields: {
      status: {
        type: "text",
        oneOf: ["Alternate Voting Rep", "Observer", "Voting Rep", "Emeritus", "None"],
      },
      start_date: date,
      end_date: date,
    },
  },
  organization: {
    type: "object",
    fields: { id: { type: "text" }, name: upTo(200), website: { type: "text", format: "uri" } },
  },
};
