// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { replaceSection } from "./sections.ts";

const text = "# Title\n\n<!-- settings:begin (generated) -->\nold\n<!-- settings:end -->\n\nafter\n";

test("replaces what is between the markers and nothing else, the same way twice", ({ expect }) => {
  const once = replaceSection(text, "settings", "| new |\n");
  expect(once).toBe(
    "# Title\n\n<!-- settings:begin (generated) -->\n\n| new |\n\n<!-- settings:end -->\n\nafter\n",
  );
  expect(replaceSection(once, "settings", "| new |")).toBe(once);
});

test("says which section a text lacks", ({ expect }) => {
  expect(() => replaceSection(text, "metrics", "x")).toThrow(/no section "metrics"/);
});
