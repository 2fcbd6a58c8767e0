// SPDX-License-Identifier: MIT
import { SettingsError } from "@repo/service";
import { type Command, CommanderError } from "commander";
import { UnavailableError } from "../../unavailable-error.ts";
import { BrokenPipeError, type CliContext, CommandError, Interrupted, UsageError } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { normalizeArgs } from "./normalize-args.ts";
import { createProgram } from "./program.ts";
import { programName } from "./program-name.ts";

/**
 * Runs one command line; `args` without the interpreter and the script.
 *
 * @returns the exit code; everything that went wrong has been said on standard error
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode: number = exitCodes.done;
  const help: string[] = [];
  const program = createProgram({
    context,
    exitWith: (code) => {
      exitCode = code;
    },
    writeHelp: (text) => help.push(text),
  });
  // Waits of the parts do not keep a process alive, and a command is over when it says so.
  using _alive = keepAlive();
  try {
    await parse(program, args);
    if (help.length > 0) await context.stdout.write(help.join(""));
    return exitCode;
  } catch (error) {
    return await report(error, context);
  }
}

const longMs = 2 ** 31 - 1;

function keepAlive(): Disposable {
  const timer = setInterval(() => undefined, longMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function parse(program: Command, args: readonly string[]): Promise<void> {
  checkCommand(program, args[0]);
  try {
    await program.parseAsync([...normalizeArgs(args)], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version, which commander throws too.
    if (error.exitCode === 0) return;
    if (error.code === "commander.help") throw new UsageError(missingCommand(program, args));
    throw new UsageError(sentenceOf(error, program, args));
  }
}

/** The default command would take an unknown one for an argument of its own. */
function checkCommand(program: Command, name: string | undefined): void {
  if (name === undefined || name.startsWith("-") || name === "help") return;
  const names = program.commands.map((command) => command.name());
  if (names.includes(name)) return;
  throw new UsageError(`there is no command "${name.slice(0, 40)}"; there are ${names.join(", ")}`);
}

/** `dlq` alone. */
function missingCommand(program: Command, args: readonly string[]): string {
  const group = program.commands.find((command) => command.name() === args[0]);
  const names = (group ?? program).commands.map((command) => command.name()).join(", ");
  return `expected one of ${names}; run '${programName} ${group?.name() ?? ""} --help'`;
}

/** commander's complaint as one sentence that names the help to read; never the value of a flag. */
function sentenceOf(error: CommanderError, program: Command, args: readonly string[]): string {
  const said = error.message
    .replace(/^error: /, "")
    .replace(/'(--[^'=]+)=[^']*'/, "'$1'")
    .replace(/\s*\n\(Did you mean (.*)\?\)/s, " (did you mean $1?)")
    .replace(/\.$/, "");
  const name = program.commands.map((command) => command.name()).find((known) => args.includes(known));
  return `${said}; run '${[programName, name].filter(Boolean).join(" ")} --help'`;
}

async function report(failure: unknown, context: CliContext): Promise<number> {
  if (failure instanceof BrokenPipeError) return exitCodes.brokenPipe;
  if (failure instanceof Interrupted) return failure.exitCode;
  const message = Error.isError(failure) ? failure.message : String(failure);
  // A reader of standard error that has gone changes nothing: the exit code says it.
  await context.stderr.write(`${programName}: ${message}\n`).catch(() => undefined);
  if (failure instanceof UsageError || failure instanceof SettingsError) return exitCodes.usage;
  if (failure instanceof CommandError) return failure.exitCode;
  return failure instanceof UnavailableError ? exitCodes.unreachable : exitCodes.failed;
}
