// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { toEnvSchema } from "./env-schema.ts";

const setting = {
  variable: "RETRIES",
  required: false,
  secret: false,
  type: "integer",
  default: "3",
  description: "Attempts of `rclone`",
};

test("the env schema closes the list of names and leaves values to the app", ({ expect }) => {
  const type = ["string", "number", "boolean", "null"];
  expect(toEnvSchema([setting], ["NO_PROXY"])).toEqual({
    description: expect.any(String),
    type: "object",
    additionalProperties: false,
    properties: {
      RETRIES: { description: "Attempts of rclone (integer, default 3)", type },
      NO_PROXY: { type },
    },
  });
});
