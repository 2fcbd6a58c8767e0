// SPDX-License-Identifier: Apache-2.0
import { type Environment, SettingsError } from "@repo/service";
import { Command, CommanderError, Option } from "commander";
import { StartError } from "../start-error.ts";
import { type Flag, flags } from "./flags.ts";
import { serverHelp } from "./help.ts";

export const programName = "airunner-server";

export type ServerCommand =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  /** Ask a server that runs here whether it lives; for an image. */
  | { readonly kind: "healthcheck" }
  | {
      readonly kind: "serve";
      /** The environment with the flags laid over it. */
      readonly env: Environment;
      readonly isDev: boolean;
      /** Says of a variable what the person typed. */
      readonly explain: (error: SettingsError) => string;
    }
  | {
      readonly kind: "cert";
      readonly folder: string | undefined;
      readonly names: readonly string[];
      readonly isForced: boolean;
    };

/**
 * Reads a command line (without interpreter and script). Without a command, or with `rpc-server` as the Go program
 * wanted it, the server is meant.
 *
 * @throws {StartError} for what it does not know
 */
export function parseCommandLine(args: readonly string[], env: Environment): ServerCommand {
  try {
    if (args.length === 1 && (args[0] === "--healthcheck" || args[0] === "healthcheck"))
      return { kind: "healthcheck" };
    return args[0] === "cert" ? parseCert(args.slice(1)) : parseServe(args, env);
  } catch (error) {
    if (error instanceof CommanderError) throw toStartError(error);
    throw error;
  }
}

function parseServe(args: readonly string[], env: Environment): ServerCommand {
  const given = new Map<string, { readonly flag: string; readonly value: string }>();
  const seen = new Set<string>();
  const command = quiet(new Command(programName))
    .argument("[command]")
    .option("-h, --help")
    .option("-V, --version");
  for (const flag of flags) {
    for (const name of [flag.name, ...(flag.aliases ?? [])]) {
      command.addOption(new Option(flag.value === undefined ? name : `${name} <${flag.value}>`));
      command.on(`option:${name.slice(2)}`, (value: unknown) => {
        seen.add(flag.name);
        given.set(flag.variable, { flag: name, value: merge(flag, given.get(flag.variable)?.value, value) });
      });
    }
  }
  command.parse([...args], { from: "user" });
  const options = command.opts<{ help?: true; version?: true }>();
  if (options.help === true) return { kind: "help", text: serverHelp() };
  if (options.version === true) return { kind: "version" };
  checkCommand(command.args[0]);
  return {
    kind: "serve",
    env: {
      ...withoutFiles(env, given),
      ...Object.fromEntries([...given].map(([name, { value }]) => [name, value])),
    },
    isDev: seen.has("--dev"),
    explain: (error) => explain(error, new Map([...given].map(([name, { flag }]) => [name, flag]))),
  };
}

function merge(flag: Flag, before: string | undefined, value: unknown): string {
  const text = typeof value === "string" ? value : (flag.sets ?? "true");
  // An empty variable is an unset one, but an empty value of a flag is a mistake of a script.
  if (text.trim() === "")
    throw new StartError(`${flag.name} has an empty value; leave it out or give it one.`);
  return flag.isList === true && before !== undefined ? `${before},${text}` : text;
}

function checkCommand(name: string | undefined): void {
  if (name === undefined || name === "rpc-server" || name === "serve") return;
  throw new StartError(
    `${programName} does not know the command ${JSON.stringify(name.slice(0, 40))}; run "${programName} --help".`,
  );
}

/** A flag beats `NAME_FILE` too, which otherwise would clash with it. */
function withoutFiles(env: Environment, given: ReadonlyMap<string, unknown>): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !given.has(name.replace(/_FILE$/, ""))));
}

function parseCert(args: readonly string[]): ServerCommand {
  const names: string[] = [];
  const command = quiet(new Command("cert"))
    .option("-h, --help")
    .option("--dir <DIR>")
    .addOption(new Option("--name <NAME>").argParser((value: string) => void names.push(...value.split(","))))
    .addOption(
      new Option("--hostname <NAME>").argParser((value: string) => void names.push(...value.split(","))),
    )
    .option("--force")
    .allowExcessArguments(false);
  command.parse([...args], { from: "user" });
  const options = command.opts<{ help?: true; dir?: string; force?: true }>();
  if (options.help === true) return { kind: "help", text: serverHelp() };
  return { kind: "cert", folder: options.dir, names, isForced: options.force === true };
}

/** It throws instead of ending the process, and writes nothing itself. */
function quiet(command: Command): Command {
  return command
    .helpOption(false)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
}

function toStartError(error: CommanderError): StartError {
  // Only the flag's name: people do type secrets, as --token-signing-secret=….
  const said = error.message
    .replace(/^error: /, "")
    .replace(/'(--[^'=]+)=[^']*'/, "'$1'")
    .replace(/\s*\n\(Did you mean (.*)\?\)/s, " (did you mean $1?)")
    .replace(/\.$/, "");
  return new StartError(`${said}; run "${programName} --help".`, { cause: error });
}

/** The settings' complaint with the flags that were typed, where they are to blame. */
function explain(error: SettingsError, typed: ReadonlyMap<string, string>): string {
  const problems = error.problems.map(({ variable, problem }) => ({
    variable: typed.get(variable) ?? variable,
    problem,
  }));
  const said = new SettingsError(problems).message.replace(/^The environment is not usable: /, "");
  return `${programName} cannot start: ${said}`;
}
