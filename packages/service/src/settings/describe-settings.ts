// SPDX-License-Identifier: Apache-2.0
import type { z } from "zod";
import { fieldsOf, gatherFacts } from "./field-docs.ts";

/** One variable, as a README or a chart's check needs it. */
export interface SettingDescription {
  readonly variable: string;
  readonly required: boolean;
  /** As the environment would write it; absent when there is none. */
  readonly default?: string;
  /** Markdown, from `.describe("…")`; empty when the schema has none. */
  readonly description: string;
  /** Whether it is a secret, which then may also come from `<variable>_FILE`. */
  readonly secret: boolean;
  /** For people: "integer from 1 to 64". */
  readonly type: string;
  /** When only a few values are accepted. */
  readonly values?: readonly string[];
}

/** Lists the variables of a schema in its own order. */
export function describeSettings(schema: z.ZodType): readonly SettingDescription[] {
  return Array.from(fieldsOf(schema), ([variable, field]) => describeField(variable, field));
}

function describeField(variable: string, field: z.ZodType): SettingDescription {
  const facts = gatherFacts(field);
  return {
    variable,
    required: !field.safeParse(undefined).success,
    description: facts.description,
    secret: facts.docs?.secret ?? false,
    type: facts.docs?.type ?? plainType(facts.zodType),
    ...(facts.default !== undefined && { default: facts.default }),
    ...(facts.docs?.values !== undefined && { values: facts.docs.values }),
  };
}

function plainType(zodType: string): string {
  return zodType === "string" ? "text" : zodType;
}

/** A Markdown table of every variable of the given schemas, ending with a line feed. */
export function settingsTable(...schemas: readonly z.ZodType[]): string {
  const rows = schemas.flatMap(describeSettings).map(toRow);
  return `${["| Variable | Value | Default | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n")}\n`;
}

function toRow(setting: SettingDescription): string {
  const name = `\`${setting.variable}\``;
  const cells = [
    setting.secret ? `${name} or \`${setting.variable}_FILE\`` : name,
    setting.type,
    defaultCell(setting),
    setting.description,
  ];
  return `| ${cells.map(escapeCell).join(" | ")} |`;
}

function defaultCell(setting: SettingDescription): string {
  if (setting.required) return "**required**";
  return setting.default === undefined || setting.default === "" ? "–" : `\`${setting.default}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll("|", String.raw`\|`).replaceAll(/\s*\n\s*/g, " ");
}
