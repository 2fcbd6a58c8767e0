// SPDX-License-Identifier: MIT
import { Command } from "commander";
import manifest from "../../../package.json" with { type: "json" };
import { checkConfigCommand } from "../commands/check-config.ts";
import { dlqCommand } from "../commands/dlq.ts";
import { explainCommand } from "../commands/explain.ts";
import { probeCommand } from "../commands/probe.ts";
import { replayCommand } from "../commands/replay.ts";
import { resyncCommand } from "../commands/resync.ts";
import { serveCommand } from "../commands/serve.ts";
import { statusCommand } from "../commands/status.ts";
import type { CliContext } from "./context.ts";
import { exitCodeHelp } from "./exit-codes.ts";
import { programName } from "./program-name.ts";

/** Makes a command: its name, options and action. What the action needs it imports itself, so that help is quick. */
export type CommandFactory = (context: CliContext, exitWith: (code: number) => void) => Command;

/** Every command, in the order of the help. */
const factories: readonly CommandFactory[] = [
  serveCommand,
  statusCommand,
  explainCommand,
  dlqCommand,
  replayCommand,
  resyncCommand,
  checkConfigCommand,
  probeCommand,
];

const environment = `
All commands read the environment of serve; status, dlq, replay and resync need NATS_URL alone. Every variable stands in the README.

Examples:
  v1-sync-helper                                 keep v2 in step with v1
  v1-sync-helper check-config                    try everything that it needs
  v1-sync-helper status --watch                  follow a load
  v1-sync-helper explain a0941000002wBz4AAE      why is this project not in v2?
  v1-sync-helper dlq list                        what a person has to look at`;

export interface ProgramOptions {
  readonly context: CliContext;
  readonly exitWith: (code: number) => void;
  readonly writeHelp: (text: string) => void;
}

/** The program for one run. Nothing is written and no process ended by it itself. */
export function createProgram({ context, exitWith, writeHelp }: ProgramOptions): Command {
  const program = new Command(programName)
    .description("Keeps the projects, committees and members of LFX v2 in step with those of v1.")
    .version(`${programName} ${manifest.version}`, "-V, --version")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: writeHelp, writeErr: () => undefined, outputError: () => undefined })
    .addHelpText("after", `${environment}\n${exitCodeHelp()}`);
  for (const create of factories) {
    const command = create(context, exitWith);
    program.addCommand(inherit(command, program), { isDefault: command.name() === "serve" });
  }
  return program;
}

function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
  return command;
}
