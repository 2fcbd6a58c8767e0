// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { duration, wholeNumber } from "../option-values.ts";

export interface ListFlags extends ConnectionFlags {
  readonly queue?: string;
  readonly state?: string;
  readonly page: number;
  readonly pageSize: number;
  readonly attempt: number;
  readonly dead?: true;
  readonly newest?: true;
  readonly watch?: true;
  /** Milliseconds. */
  readonly interval: number;
  readonly json?: true;
}

const examples = `
Examples:
  airunner-cli list --queue default --state running
  airunner-cli list --newest --watch
  airunner-cli list --dead --json`;

export function listCommand(context: CliContext): Command {
  const command = new Command("list")
    .description("Lists jobs, oldest first.")
    .option("--queue <name>", "only this queue")
    .option("--state <state>", "only scheduled, running, completed, failed or cancelled")
    .option("--dead", "only failed jobs whose attempts are used up")
    .option("--attempt <n>", "only jobs at this attempt", wholeNumber(0, 2 ** 31 - 1), 0)
    .option("--newest", "newest first")
    .option("--page <n>", "page to show", wholeNumber(1, 2 ** 31 - 1), 1)
    .option("--page-size <n>", "jobs a page, at most 1000", wholeNumber(1, 1000), 20)
    .option("--watch", "show it again and again, in place on a terminal")
    .addOption(intervalOption())
    .option("--json", "one JSON object, as the protocol has it");
  return addConnectionOptions(command)
    .addHelpText("after", examples)
    .action(async (flags: ListFlags) => {
      const { runList } = await import("../jobs/run-list.ts");
      await runList(flags, context);
    });
}

export function intervalOption(): Option {
  return new Option("--interval <duration>", "with --watch: time between two looks")
    .argParser(duration(100))
    .default(5000, "5s");
}
