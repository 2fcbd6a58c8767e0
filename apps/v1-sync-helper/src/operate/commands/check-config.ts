// SPDX-License-Identifier: MIT
import { Command } from "commander";
import type { CommandFactory } from "../cli/program.ts";

export interface CheckConfigFlags {
  readonly json?: true;
}

export const checkConfigCommand: CommandFactory = (context, exitWith) =>
  new Command("check-config")
    .description("Tries for real everything that serve needs, and says of each whether it works.")
    .option("--json", "JSON, one object a line")
    .action(async (flags: CheckConfigFlags) => {
      const { runCheckConfig } = await import("../check-config/run-check-config.ts");
      exitWith(await runCheckConfig(flags, context));
    });
