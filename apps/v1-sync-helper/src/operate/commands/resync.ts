// SPDX-License-Identifier: MIT
import { Command } from "commander";
import type { CommandFactory } from "../cli/program.ts";

export interface ResyncFlags {
  readonly adopt?: string;
  readonly json?: true;
}

const examples = `
Examples:
  v1-sync-helper resync a0941000002wBz4AAE
  v1-sync-helper resync a0941000002wBz4AAE --adopt 7cad5a8d-19d0-41a4-81a6-043453daf9ee

An object that was deleted in v2 is created again. --adopt maps the object to one that is in v2 already.`;

export const resyncCommand: CommandFactory = (context, exitWith) =>
  new Command("resync")
    .description("Lets one object be compared with v2 now, whatever became of it before.")
    .argument("<sfid>", "v1's id, or a key of v1-objects")
    .option("--adopt <uid>", "map it to this object of v2 first")
    .option("--json", "one JSON object")
    .addHelpText("after", examples)
    .action(async (id: string, flags: ResyncFlags) => {
      const { runResync } = await import("../resync/run-resync.ts");
      exitWith(await runResync(id, flags, context));
    });
