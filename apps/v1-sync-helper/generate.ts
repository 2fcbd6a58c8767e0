// SPDX-License-Identifier: MIT
// Writes the README's tables from what the program itself reads (`--check` only compares).
import { settingsTable } from "@repo/service";
import { instrumentsTable } from "@repo/telemetry";
import { generateSections } from "@repo/tools/generated";
import type { Command } from "commander";
import { describeTables } from "./src/kinds/describe-tables.ts";
import type { CliContext } from "./src/operate/cli/context.ts";
import { exitCodeTable } from "./src/operate/cli/exit-codes.ts";
import { createProgram } from "./src/operate/cli/program.ts";
import { programName } from "./src/operate/cli/program-name.ts";
import { reasonCodes } from "./src/reason.ts";
import type { ObjectKind } from "./src/records/object-key.ts";
import { secretsSchema, settingsSchema } from "./src/settings/schema.ts";
import { instruments } from "./src/telemetry/instruments.ts";

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows.map((cells) => cells.map(escapeCell))];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function escapeCell(text: string): string {
  return text.replaceAll("|", String.raw`\|`);
}

function code(text: string): string {
  return `\`${text}\``;
}

const describedTables = describeTables();

/** One kind of object: its fields, and what does not fit into a row. */
function mapping(kind: ObjectKind): string {
  const described = describedTables.find((each) => each.kind === kind);
  if (described === undefined) throw new Error(`There is no table of ${kind}s.`);
  const rows = described.rows.map(({ columns, part, field, rule }) => [
    columns.map(code).join(", else ") || "–",
    part === "settings" ? `settings: ${code(field)}` : code(field),
    rule,
  ]);
  const list = described.remarks.map((remark) => `- ${remark}\n`).join("");
  return `${table(["v1 column", "v2 field", "What becomes of it"], rows)}${list === "" ? "" : `\n${list}`}`;
}

const nowhere = { isTty: false, terminal: undefined, write: () => Promise.resolve() };
const context: CliContext = {
  env: {},
  stdout: nowhere,
  stderr: nowhere,
  interrupted: () => new AbortController().signal,
};
const program = createProgram({ context, exitWith: () => undefined, writeHelp: () => undefined });

function commandRows(command: Command, prefix: string): readonly (readonly string[])[] {
  const name = `${prefix}${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((child) => commandRows(child, `${name} `));
  const args = command.registeredArguments
    .map((argument) => {
      const shown = `${argument.name().toUpperCase()}${argument.variadic ? "..." : ""}`;
      return argument.required ? ` ${shown}` : ` [${shown}]`;
    })
    .join("");
  const options = command.options.filter(({ hidden }) => !hidden).map(({ flags }) => code(flags));
  return [[code(`${name}${args}`), command.description(), options.join(", ")]];
}

await generateSections("README.md", {
  settings: settingsTable(settingsSchema),
  secrets: settingsTable(secretsSchema),
  projects: mapping("project"),
  committees: mapping("committee"),
  members: mapping("member"),
  reasons: table(
    ["Reason", "Means"],
    Object.entries(reasonCodes).map(([reason, meaning]) => [code(reason), meaning]),
  ),
  commands: table(
    [`${programName} …`, "Does", "Options"],
    program.commands.flatMap((command) => commandRows(command, "")),
  ),
  exit: table(["Exit code", "Means"], exitCodeTable),
  metrics: instrumentsTable(instruments),
});
