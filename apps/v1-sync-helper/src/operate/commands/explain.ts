// SPDX-License-Identifier: MIT
import { Command } from "commander";
import type { CommandFactory } from "../cli/program.ts";

export interface ExplainFlags {
  readonly json?: true;
}

const examples = `
Examples:
  v1-sync-helper explain salesforce-project__c.a0941000002wBz4AAE
  v1-sync-helper explain a0941000002wBz4AAE      the id alone: every kind is tried
  v1-sync-helper explain a0941000002wBz4AAE --json

Shows personal data of the record. Never a token.`;

export const explainCommand: CommandFactory = (context, exitWith) =>
  new Command("explain")
    .description(
      "Says of one object what v1 holds, what became of it, why, and which calls would be sent now.",
    )
    .argument("<key>", "key of v1-objects, or v1's id alone")
    .option("--json", "one JSON object")
    .addHelpText("after", examples)
    .action(async (key: string, flags: ExplainFlags) => {
      const { runExplain } = await import("../explain/run-explain.ts");
      exitWith(await runExplain(key, flags, context));
    });
