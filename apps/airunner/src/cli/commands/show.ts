// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import type { CliContext } from "../context.ts";

export interface ShowFlags extends ConnectionFlags {
  readonly json?: true;
}

const examples = `
Examples:
  airunner-cli show <job-id>
  airunner-cli show --json <job-id>`;

export function showCommand(context: CliContext): Command {
  const command = new Command("show")
    .description("Tells everything about one job: parameters, attempts, result.")
    .argument("<job-id>", "job to show")
    .option("--json", "one JSON object, as the protocol has it");
  return addConnectionOptions(command)
    .addHelpText("after", examples)
    .action(async (jobId: string, flags: ShowFlags) => {
      const { runShow } = await import("../jobs/run-show.ts");
      await runShow(jobId.trim(), flags, context);
    });
}
