// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { cancelCommand } from "./commands/cancel.ts";
import { keygenCommand } from "./commands/keygen.ts";
import { listCommand } from "./commands/list.ts";
import { monitorCommand } from "./commands/monitor.ts";
import { queuesCommand } from "./commands/queues.ts";
import { retryCommand } from "./commands/retry.ts";
import { showCommand } from "./commands/show.ts";
import { submitCommand } from "./commands/submit.ts";
import { testOutputCommand } from "./commands/test-output.ts";
import { tokenCommand } from "./commands/token.ts";
import { workerCommand } from "./commands/worker.ts";
import type { CliContext } from "./context.ts";

export const programName = "airunner-cli";

/** Makes a command: its name, options and action. What the action needs it imports itself, so that help is quick. */
export type CommandFactory = (context: CliContext, afterDashes: readonly string[]) => Command;

/** Every command, in the order of the help. */
const factories: readonly CommandFactory[] = [
  workerCommand,
  submitCommand,
  monitorCommand,
  listCommand,
  showCommand,
  cancelCommand,
  retryCommand,
  queuesCommand,
  tokenCommand,
  keygenCommand,
  testOutputCommand,
];

/** The commands for one run. `afterDashes` is what stood behind `--` on the command line. */
export function createCommands(context: CliContext, afterDashes: readonly string[]): readonly Command[] {
  return factories.map((create) => create(context, afterDashes));
}

export function createProgram(commands: readonly Command[], writeHelp: (text: string) => void): Command {
  const program = new Command(programName)
    .description("Submits jobs to an airunner server, watches them, and works on them.")
    .version(`${programName} ${manifest.version}`, "-V, --version")
    .option("--debug", "say more about errors")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: writeHelp, outputError: () => undefined });
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  return program;
}
