// SPDX-License-Identifier: MIT
import { type Environment, SettingsError } from "@repo/service";
import type { ServeFlags } from "../commands/serve.ts";

const flagOfVariable = new Map([
  ["DEBUG", "-d"],
  ["PORT", "-p"],
  ["BIND", "-bind"],
]);

/** The environment with the flags laid over it. */
export function withFlags(env: Environment, { debug, port, bind }: ServeFlags): Environment {
  return {
    ...env,
    ...(debug !== undefined && { DEBUG: String(debug) }),
    ...(port !== undefined && { PORT: port }),
    ...(bind !== undefined && { BIND: bind }),
  };
}

/** The same complaint, with the flags that were typed where they are to blame. */
export function blamingFlags(error: SettingsError, flags: ServeFlags): SettingsError {
  const typed = new Set(Object.keys(withFlags({}, flags)));
  return new SettingsError(
    error.problems.map(({ variable, problem }) => ({
      variable: typed.has(variable) ? (flagOfVariable.get(variable) ?? variable) : variable,
      problem,
    })),
  );
}
