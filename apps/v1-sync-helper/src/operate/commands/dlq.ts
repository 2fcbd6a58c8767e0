// SPDX-License-Identifier: MIT
import { Command, Option } from "commander";
import type { ReasonCode } from "../../reason.ts";
import type { ObjectKind } from "../../records/object-key.ts";
import { kindValue, reasonValue } from "../cli/option-values.ts";
import type { CommandFactory } from "../cli/program.ts";

export interface JsonFlag {
  readonly json?: true;
}

/** Which of the dead and held. */
export interface SelectFlags extends JsonFlag {
  readonly reason?: ReasonCode;
  readonly type?: ObjectKind;
}

export interface RetryFlags extends SelectFlags {
  readonly all?: true;
}

const examples = `
Examples:
  v1-sync-helper dlq list --reason refused_by_service
  v1-sync-helper dlq show a0941000002wBz4AAE
  v1-sync-helper dlq retry a0941000002wBz4AAE
  v1-sync-helper dlq retry --all --reason deletes_guarded    let held deletes go
  v1-sync-helper dlq drop salesforce-project__c.a0941000002wBz4AAE`;

function select(command: Command): Command {
  return command
    .addOption(new Option("--reason <code>", "only with this reason").argParser(reasonValue))
    .addOption(new Option("--type <type>", "only project, committee or member").argParser(kindValue))
    .option("--json", "JSON, one object a line");
}

const keyMeaning = "key of v1-objects, or v1's id alone";

export const dlqCommand: CommandFactory = (context, exitWith) => {
  const list = select(new Command("list"))
    .description("Lists the objects that a person has to look at: dead ones, and deletes that are held.")
    .action(async (flags: SelectFlags) => {
      const { runList } = await import("../dlq/run-list.ts");
      exitWith(await runList(flags, context));
    });
  const show = new Command("show")
    .description("Shows all that is remembered of one.")
    .argument("<key>", keyMeaning)
    .option("--json", "one JSON object")
    .action(async (key: string, flags: JsonFlag) => {
      const { runShow } = await import("../dlq/run-show.ts");
      exitWith(await runShow(key, flags, context));
    });
  const retry = select(new Command("retry"))
    .description("Lets them be tried again at once; a held delete is then carried out.")
    .argument("[key...]", keyMeaning)
    .option("--all", "all of them, or all that --reason and --type leave")
    .action(async (keys: readonly string[], flags: RetryFlags) => {
      const { runRetry } = await import("../dlq/run-retry.ts");
      exitWith(await runRetry(keys, flags, context));
    });
  const drop = new Command("drop")
    .description("Gives up on them: they count as done until v1 changes them again.")
    .argument("<key...>", keyMeaning)
    .option("--json", "JSON, one object a line")
    .action(async (keys: readonly string[], flags: JsonFlag) => {
      const { runDrop } = await import("../dlq/run-drop.ts");
      exitWith(await runDrop(keys, flags, context));
    });
  const dlq = new Command("dlq")
    .description("Works on what could not be done.")
    .addHelpText("after", examples);
  for (const command of [list, show, retry, drop]) dlq.addCommand(command);
  return dlq;
};
