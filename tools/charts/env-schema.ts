// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describeSettings, type SettingDescription } from "@repo/service";
import { z } from "zod";

const isSchema = (value: unknown): value is z.ZodType => value instanceof z.ZodType;

/** Where apps keep the schema of their environment. */
const places = ["src/settings/schema.ts", "src/settings.ts", "src/server/settings/schema.ts"];

/**
 * Every variable that an app reads, from the zod objects that its schema file exports.
 *
 * The file is loaded by path: no package may depend on an app, and this is not code that ships.
 */
export async function loadAppVariables(root: string, app: string): Promise<readonly SettingDescription[]> {
  const path = places
    .map((place) => join(root, "apps", app, place))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`apps/${app} has no ${places.join(" or ")}.`);
  const exported: unknown = await import(pathToFileURL(path).href);
  const schemas = Object.values(Object(exported)).filter(isSchema);
  if (schemas.length === 0) throw new Error(`${path} exports no zod schema.`);
  return schemas.flatMap((schema) => describeSettings(schema));
}

/** What a value of a variable may be: numbers and booleans that are not in quotes become text in the template. */
const plainValue = { type: ["string", "number", "boolean", "null"] };

/** What the values may say of the app's environment: known names only; whether a value is good is for the app to say. */
export function toEnvSchema(
  variables: readonly SettingDescription[],
  extra: readonly string[],
  value: object = plainValue,
) {
  const own = variables.map(
    (setting) => [setting.variable, { description: toPlainText(setting), ...value }] as const,
  );
  const others = extra.map((name) => [name, value] as const);
  return {
    description: "The environment of the app, name by name",
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries([...own, ...others]),
  };
}

const ValuesSchema = z.looseObject({ definitions: z.record(z.string(), z.json()).default({}) });
const Branch = z.looseObject({ properties: z.record(z.string(), z.unknown()) });

/**
 * A chart's values schema with the app's environment at the dotted key `at`, such as `env`. A chart that takes more
 * than plain values describes one in `definitions.variable`.
 *
 * @throws {z.ZodError} when the schema has no such place
 */
export function withEnvironment(
  document: unknown,
  at: string,
  variables: readonly SettingDescription[],
  extra: readonly string[],
): unknown {
  const { definitions } = ValuesSchema.parse(document);
  const value = "variable" in definitions ? { $ref: "#/definitions/variable" } : plainValue;
  return put(document, at.split("."), toEnvSchema(variables, extra, value));
}

function put(schema: unknown, [key, ...rest]: readonly string[], value: object): unknown {
  if (key === undefined) return value;
  const { properties } = Branch.parse(schema);
  return {
    ...Object(schema),
    properties: { ...properties, [key]: put(properties[key], rest, value) },
  };
}

function toPlainText({ description, type, default: fallback }: SettingDescription): string {
  const value = fallback === undefined || fallback === "" ? type : `${type}, default ${fallback}`;
  return `${description} (${value})`.replaceAll(/[`*]/g, "");
}
