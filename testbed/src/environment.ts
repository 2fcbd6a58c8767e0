// SPDX-License-Identifier: Apache-2.0

/** Environment variables as `process.env` has them; passed in, so that tests can vary them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; an empty one counts as unset, because Helm and compose render empties. */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === undefined || value.trim() === "" ? undefined : value;
}
