// SPDX-License-Identifier: MIT
import { Command, Option } from "commander";
import type { ObjectKind } from "../../records/object-key.ts";
import { kindValue, sinceValue } from "../cli/option-values.ts";
import type { CommandFactory } from "../cli/program.ts";

export interface ReplayFlags {
  readonly type?: ObjectKind;
  /** Unix milliseconds. */
  readonly since?: number;
  readonly dryRun?: true;
  readonly json?: true;
}

const examples = `
Examples:
  v1-sync-helper replay --type committee --dry-run           what differs between v1 and v2
  v1-sync-helper replay --type member --since 2h
  v1-sync-helper replay --since 2026-11-21T10:00:00Z

The shared consumer is not touched; the running instances take the objects up. What would not change is not sent.`;

export const replayCommand: CommandFactory = (context, exitWith) =>
  new Command("replay")
    .description("Lets the present records of v1 be compared with v2 once more.")
    .addOption(new Option("--type <type>", "only project, committee or member").argParser(kindValue))
    .addOption(
      new Option("--since <time>", "only what v1 wrote since this time, or within this age, as 2h").argParser(
        (text: string) => sinceValue(text),
      ),
    )
    .option("--dry-run", "say what would be sent, change nothing")
    .option("--json", "JSON lines; the last one has the counts")
    .addHelpText("after", examples)
    .action(async (flags: ReplayFlags) => {
      const { runReplay } = await import("../replay/run-replay.ts");
      exitWith(await runReplay(flags, context));
    });
