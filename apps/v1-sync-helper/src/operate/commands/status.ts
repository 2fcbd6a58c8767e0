// SPDX-License-Identifier: MIT
import { Command, Option } from "commander";
import { durationValue } from "../cli/option-values.ts";
import type { CommandFactory } from "../cli/program.ts";

export interface StatusFlags {
  readonly watch?: true;
  /** Milliseconds. */
  readonly interval: number;
  readonly json?: true;
}

const examples = `
Examples:
  v1-sync-helper status                          once, after a sample of two seconds
  v1-sync-helper status --watch                  again and again, in place on a terminal
  v1-sync-helper status --json | jq .pending`;

export const statusCommand: CommandFactory = (context, exitWith) =>
  new Command("status")
    .description("Shows what is pending, how quickly it goes, and what was not done, by kind of object.")
    .option("--watch", "show it until interrupted")
    .addOption(
      new Option("--interval <duration>", "time between two looks, over which the rate is measured")
        .argParser(durationValue(200))
        .default(2000, "2s"),
    )
    .option("--json", "one JSON object a look")
    .addHelpText("after", examples)
    .action(async (flags: StatusFlags) => {
      const { runStatus } = await import("../status/run-status.ts");
      exitWith(await runStatus(flags, context));
    });
