// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { toEnvSchema, withEnvironment } from "./env-schema.ts";

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

const at = (path: string, document: object) => withEnvironment(document, path, [setting], ["NO_PROXY"]);

test("the environment takes its place, and what stands beside it stays", ({ expect }) => {
  const image = { type: "object" };
  const document = {
    type: "object",
    properties: { image, app: { type: "object", properties: { environment: {}, image } } },
  };
  expect(at("env", document)).toEqual({
    ...document,
    properties: { ...document.properties, env: toEnvSchema([setting], ["NO_PROXY"]) },
  });
  expect(at("app.environment", document)).toEqual({
    type: "object",
    properties: {
      image,
      app: { type: "object", properties: { environment: toEnvSchema([setting], ["NO_PROXY"]), image } },
    },
  });
});

test("a chart says itself what a variable may be beside plain values", ({ expect }) => {
  const $ref = "#/definitions/variable";
  expect(at("env", { definitions: { variable: { type: "object" } }, properties: {} })).toMatchObject({
    properties: { env: { properties: { RETRIES: { $ref }, NO_PROXY: { $ref } } } },
  });
});

test("a place that the values do not have is refused", ({ expect }) => {
  expect(() => at("app.environment", { properties: {} })).toThrow();
});
