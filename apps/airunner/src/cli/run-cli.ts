// SPDX-License-Identifier: Apache-2.0
import { type Command, CommanderError } from "commander";
import { ClientError } from "../client/client-error.ts";
import { BrokenPipeError, type CliContext, Interrupted, UsageError } from "./context.ts";
import { exitCodeOfClientError, exitCodes } from "./exit-codes.ts";
import { normalizeArgs } from "./normalize-args.ts";
import { createCommands, createProgram, programName } from "./program.ts";

/**
 * Runs one command line; `args` without the interpreter and the script.
 *
 * @returns the exit code; everything that went wrong has been said on standard error
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode: number = exitCodes.success;
  const isDebug = beforeDashes(args).includes("--debug");
  try {
    await parse(withoutDebug(args), {
      ...context,
      exitWith: (code) => {
        exitCode = code;
      },
    });
    return exitCode;
  } catch (error) {
    return await report(error, context, isDebug);
  }
}

async function parse(args: readonly string[], context: CliContext): Promise<void> {
  const { own, afterDashes } = splitSubmit(args);
  const commands = createCommands(context, afterDashes);
  const help: string[] = [];
  const program = createProgram(commands, (text) => help.push(text));
  if (own.length === 0)
    throw new UsageError(`expected one of ${commands.map((command) => command.name()).join(", ")}`);
  try {
    await program.parseAsync([...normalizeArgs(own, [program, ...commands])], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw usageOf(error, commands, own);
  } finally {
    if (help.length > 0) await context.stdout.write(help.join(""));
  }
}

/** The flag is the program's, wherever it stands, as the Go program had it. */
function withoutDebug(args: readonly string[]): readonly string[] {
  const own = beforeDashes(args);
  return [...own.filter((arg) => arg !== "--debug"), ...args.slice(own.length)];
}

function beforeDashes(args: readonly string[]): readonly string[] {
  const at = args.indexOf("--");
  return at === -1 ? args : args.slice(0, at);
}

/** `submit` takes what stands behind `--` as the command to run; elsewhere `--` only ends the options. */
function splitSubmit(args: readonly string[]): {
  readonly own: readonly string[];
  readonly afterDashes: readonly string[];
} {
  const own = beforeDashes(args);
  if (own.find((arg) => !arg.startsWith("-")) !== "submit") return { own: args, afterDashes: [] };
  return { own, afterDashes: args.slice(own.length + 1) };
}

/** commander's complaint as one sentence that names the help to read. */
function usageOf(error: unknown, commands: readonly Command[], args: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  const said = error.message
    .replace(/^error: /, "")
    .replace(/\s*\n\(Did you mean (.*)\?\)/s, " (did you mean $1?)")
    .replace(/\.$/, "");
  const name = commands.map((command) => command.name()).find((known) => args.includes(known));
  return new UsageError(`${said}; run '${[programName, name].filter(Boolean).join(" ")} --help'`);
}

async function report(error: unknown, context: CliContext, isDebug: boolean): Promise<number> {
  if (error instanceof BrokenPipeError) return exitCodes.brokenPipe;
  if (error instanceof Interrupted) return interruptedCodes[error.signal];
  const message = Error.isError(error) ? error.message : String(error);
  const detail = isDebug && Error.isError(error) ? `\n${causes(error)}` : "";
  try {
    await context.stderr.write(`${programName}: error: ${message}${detail}\n`);
  } catch {
    // Nobody reads standard error either; the exit code says it.
  }
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof ClientError) return exitCodeOfClientError(error.code);
  return exitCodes.failed;
}

const interruptedCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

function causes(error: Error): string {
  const lines: string[] = [];
  let at: unknown = error;
  for (let depth = 0; depth < 8 && Error.isError(at); depth += 1) {
    lines.push(at.stack ?? at.message);
    at = at.cause;
  }
  return lines.join("\ncaused by: ");
}
