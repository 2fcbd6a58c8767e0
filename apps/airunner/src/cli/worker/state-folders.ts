// SPDX-License-Identifier: Apache-2.0
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Absolute path of a folder of the worker: the flag's, the variable's, or one in the user's state folder. */
export function stateFolder(
  flag: string | undefined,
  name: { readonly variable: string; readonly folder: string },
  env: Environment,
): string {
  const given = [flag, env[name.variable]].find((path) => path !== undefined && path.trim() !== "");
  return given === undefined ? join(stateHome(env), "airunner", name.folder) : resolve(given);
}

function stateHome(env: Environment): string {
  const state = env["XDG_STATE_HOME"];
  // The XDG specification wants relative paths ignored.
  if (state !== undefined && isAbsolute(state)) return state;
  const home = env["HOME"];
  return join(home !== undefined && isAbsolute(home) ? home : homedir(), ".local", "state");
}
