// SPDX-License-Identifier: MIT
import type { TextRule } from "../objects/table.ts";

const categories = new Set([
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
]);

/** v1's one type for what v2 tells apart; only the committee's name says which it is. */
const both = "Technical Oversight Committee/Technical Advisory Committee";

/** v2 requires a category, so there is one for everything. */
export const category: TextRule = {
  takes: "text",
  words:
    `one of v2's categories; "${both}" becomes "Technical Advisory Committee" when the name holds "advisory" or "tac" ` +
    'in any case, else "Technical Oversight Committee"; any other, or none, becomes "Other"',
  empty: { is: "value", value: "Other" },
  read: (text, { name }) => {
    const type = text.trim();
    if (type === both) {
      const isAdvisory = typeof name === "string" && /advisory|tac/i.test(name);
      const category = isAdvisory ? "Technical Advisory Committee" : "Technical Oversight Committee";
      return { is: "value", value: category };
    }
    if (categories.has(type)) return { is: "value", value: type };
    if (type === "") return { is: "value", value: "Other" };
    return { is: "value", value: "Other", why: "is none of v2's categories: sent as Other" };
  },
};
