// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { delimiter, extname, join } from "node:path";

/** What decides how a child process is started; see `ExecutableOptions`. */
export interface CommandOptions {
  readonly file: string;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly diesWithParent?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly inheritEnv?: readonly string[] | "all";
}

const scriptExtensions = new Set([".mjs", ".js", ".ts"]);

/** The program to spawn and its arguments. */
export function commandLine(options: CommandOptions): {
  readonly command: string;
  readonly args: readonly string[];
} {
  const { file, args = [], nodeArgs = [] } = options;
  const [command, ...rest] = scriptExtensions.has(extname(file))
    ? ([process.execPath, ...nodeArgs, file, ...args] as const)
    : ([file, ...args] as const);
  const setpriv = options.diesWithParent === true ? findSetpriv() : undefined;
  if (setpriv === undefined) return { command, args: rest };
  // setpriv replaces itself by the program, so the process id stays the same.
  return { command: setpriv, args: ["--pdeathsig", "KILL", "--", command, ...rest] };
}

/** The child's environment: what is inherited by name, then what is given. */
export function childEnvironment(options: CommandOptions): Record<string, string> {
  const { inheritEnv = [], env = {} } = options;
  const names = inheritEnv === "all" ? Object.keys(process.env) : inheritEnv;
  const all = [...names.map((name) => [name, process.env[name]] as const), ...Object.entries(env)];
  const result: Record<string, string> = {};
  for (const [name, value] of all) {
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function findSetpriv(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "setpriv")).find((path) => existsSync(path));
}
