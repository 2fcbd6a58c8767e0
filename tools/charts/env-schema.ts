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

/** The `env` part of a chart's values schema: known names only; whether a value is good is for the app to say. */
export function toEnvSchema(variables: readonly SettingDescription[], extra: readonly string[]) {
  // Numbers and booleans that are not in quotes become text in the template.
  const type = ["string", "number", "boolean", "null"];
  const own = variables.map(
    (setting) => [setting.variable, { description: toPlainText(setting), type }] as const,
  );
  const others = extra.map((name) => [name, { type }] as const);
  return {
    description: "The environment of the app, name by name",
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries([...own, ...others]),
  };
}

function toPlainText({ description, type, default: fallback }: SettingDescription): string {
  const value = fallback === undefined || fallback === "" ? type : `${type}, default ${fallback}`;
  return `${description} (${value})`.replaceAll(/[`*]/g, "");
}
