// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import type { CliContext } from "../context.ts";

export interface CancelFlags extends ConnectionFlags {
  readonly reason: string;
  readonly json?: true;
}

const examples = `
Examples:
  airunner-cli cancel --reason 'wrong branch' <job-id>`;

export function cancelCommand(context: CliContext): Command {
  const command = new Command("cancel")
    .description("Cancels a job: at once where it waits, through its worker where it runs.")
    .argument("<job-id>", "job to cancel")
    .option("--reason <text>", "why; shown with the job", "")
    .option("--json", "one JSON object, as the protocol has it");
  return addConnectionOptions(command)
    .addHelpText("after", examples)
    .action(async (jobId: string, flags: CancelFlags) => {
      const { runCancel } = await import("../jobs/run-change.ts");
      await runCancel(jobId.trim(), flags, context);
    });
}
