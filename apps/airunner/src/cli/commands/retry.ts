// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import type { CliContext } from "../context.ts";

export interface RetryFlags extends ConnectionFlags {
  readonly json?: true;
}

const examples = `
Examples:
  airunner-cli retry <job-id>`;

export function retryCommand(context: CliContext): Command {
  const command = new Command("retry")
    .description("Schedules a job again that has failed or was cancelled.")
    .argument("<job-id>", "job to run again")
    .option("--json", "one JSON object, as the protocol has it");
  return addConnectionOptions(command)
    .addHelpText("after", examples)
    .action(async (jobId: string, flags: RetryFlags) => {
      const { runRetry } = await import("../jobs/run-change.ts");
      await runRetry(jobId.trim(), flags, context);
    });
}
