// SPDX-License-Identifier: Apache-2.0
import { describe, test } from "vitest";
import * as z from "zod";
import { describeSettings, settingsTable } from "./describe-settings.ts";
import { envDuration, envEnum, envInteger, envSecret, envUrl } from "./env-fields.ts";

const settings = z
  .object({
    SOURCE_BUCKET: z.string().describe("Where objects come from."),
    MAX_DELETE: envInteger({ min: -1, default: 1000 }).describe("Most deletions\nin one run; `a|b`."),
    MAX_DURATION: envDuration({ default: "55m" }),
    COMPARE: envEnum(["modtime", "size"], { default: "modtime" }),
    PUSHGATEWAY_URL: envUrl().describe("Where metrics go.").optional(),
    PLAIN: z.coerce.number().default(3),
  })
  .refine(() => true);
const secrets = z.object({ DEST_SECRET_KEY: envSecret().describe("The key.") });

describe("describeSettings", () => {
  test("lists every variable in order with what the schema knows of it", ({ expect }) => {
    expect(describeSettings(settings)).toEqual([
      {
        variable: "SOURCE_BUCKET",
        required: true,
        type: "text",
        secret: false,
        description: "Where objects come from.",
      },
      {
        variable: "MAX_DELETE",
        required: false,
        type: "integer, at least -1",
        secret: false,
        default: "1000",
        description: "Most deletions\nin one run; `a|b`.",
      },
      {
        variable: "MAX_DURATION",
        required: false,
        type: "duration",
        secret: false,
        default: "55m",
        description: "",
      },
      {
        variable: "COMPARE",
        required: false,
        type: "`modtime` or `size`",
        values: ["modtime", "size"],
        secret: false,
        default: "modtime",
        description: "",
      },
      {
        variable: "PUSHGATEWAY_URL",
        required: false,
        type: "URL",
        secret: false,
        description: "Where metrics go.",
      },
      { variable: "PLAIN", required: false, type: "number", secret: false, default: "3", description: "" },
    ]);
    expect(describeSettings(secrets)).toMatchObject([
      { variable: "DEST_SECRET_KEY", required: true, secret: true },
    ]);
  });

  test("sees through a schema that reshapes the whole", ({ expect }) => {
    expect(describeSettings(settings.transform(() => 1))).toEqual(describeSettings(settings));
  });
});

test("settingsTable writes one Markdown row a variable, of all schemas", ({ expect }) => {
  expect(settingsTable(settings, secrets)).toBe(
    [
      "| Variable | Value | Default | Meaning |",
      "| --- | --- | --- | --- |",
      "| `SOURCE_BUCKET` | text | **required** | Where objects come from. |",
      "| `MAX_DELETE` | integer, at least -1 | `1000` | Most deletions in one run; `a\\|b`. |",
      "| `MAX_DURATION` | duration | `55m` |  |",
      "| `COMPARE` | `modtime` or `size` | `modtime` |  |",
      "| `PUSHGATEWAY_URL` | URL | – | Where metrics go. |",
      "| `PLAIN` | number | `3` |  |",
      "| `DEST_SECRET_KEY` or `DEST_SECRET_KEY_FILE` | secret | **required** | The key. |",
      "",
    ].join("\n"),
  );
});
