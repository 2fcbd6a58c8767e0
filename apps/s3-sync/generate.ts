// SPDX-License-Identifier: Apache-2.0
// Writes the README's tables of variables from the schema that reads them (`--check` only compares).
import { settingsTable } from "@repo/service";
import { generateSections } from "@repo/tools/generated";
import { secretsSchema, settingsSchema } from "./src/settings/schema.ts";

await generateSections("README.md", {
  settings: settingsTable(settingsSchema),
  secrets: settingsTable(secretsSchema),
});
