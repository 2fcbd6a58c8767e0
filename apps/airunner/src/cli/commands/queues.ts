// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { intervalOption } from "./list.ts";

export interface QueuesFlags extends ConnectionFlags {
  readonly queue?: string;
  readonly watch?: true;
  /** Milliseconds. */
  readonly interval: number;
  readonly json?: true;
}

const examples = `
Examples:
  airunner-cli queues
  airunner-cli queues --queue builds --watch --interval 1s`;

export function queuesCommand(context: CliContext): Command {
  const command = new Command("queues")
    .description("Counts the jobs of each queue and the workers that wait for more.")
    .option("--queue <name>", "only this queue")
    .option("--watch", "show it again and again, in place on a terminal")
    .addOption(intervalOption())
    .option("--json", "one JSON object, as the protocol has it");
  return addConnectionOptions(command)
    .addHelpText("after", examples)
    .action(async (flags: QueuesFlags) => {
      const { runQueues } = await import("../jobs/run-queues.ts");
      await runQueues(flags, context);
    });
}
