// SPDX-License-Identifier: Apache-2.0
import { describeSettings } from "@repo/service";
import type { z } from "zod";
import { secretsSchema, settingsSchema } from "./settings/schema.ts";

function describe(schema: z.ZodType): string[] {
  return describeSettings(schema).map((setting) => {
    const preset = setting.required ? "required" : (setting.default ?? "");
    return `  ${setting.variable.padEnd(24)} ${preset === "" ? "" : `(${preset}) `}${setting.description.replaceAll("**", "")}`;
  });
}

/** The text of `--help`: the settings are read from the schema, so that it cannot fall behind. */
export function helpText(): string {
  return [
    "s3-sync mirrors one S3 bucket to another with rclone: what is new or differs is copied, what is surplus is",
    "deleted, within limits that are checked before anything is done.",
    "",
    "Usage: s3-sync                 run once, configured by environment variables alone",
    "       s3-sync --healthcheck   ask whether rclone works and a run under way shows life",
    "       s3-sync --help | --version",
    "",
    "Exit codes: 0 done, 1 some objects failed, 2 settings, 3 bucket not found, 5 temporary, 7 deletion guard,",
    "  10 time budget, 11 authentication or permission, 12 verification found differences, 13 empty source refused,",
    "  127 no rclone, 129/130/143 stopped by a signal.",
    "",
    "Secrets (each also as NAME_FILE, the path of a file):",
    ...describe(secretsSchema),
    "",
    "Settings:",
    ...describe(settingsSchema),
  ].join("\n");
}
