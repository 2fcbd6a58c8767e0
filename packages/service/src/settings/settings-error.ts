// SPDX-License-Identifier: Apache-2.0

/** What is wrong with one variable; never its value. An empty `variable` speaks of several at once. */
export interface SettingsProblem {
  readonly variable: string;
  readonly problem: string;
}

/** The problem of a variable that must be set and is not. */
export const isRequired = "is required";

/** Every fault of an environment at once. Its message is one line that names each variable and no value. */
export class SettingsError extends Error {
  override readonly name: string = "SettingsError";
  readonly code = "bad_settings";
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    super(describeProblems(problems));
    this.problems = problems;
  }
}

function describeProblems(problems: readonly SettingsProblem[]): string {
  const missing = problems.filter(({ problem }) => problem === isRequired).map(({ variable }) => variable);
  const others = problems.filter(({ problem }) => problem !== isRequired).map(describeProblem);
  const parts = missing.length === 0 ? others : [describeMissing(missing), ...others];
  return `The environment is not usable: ${parts.join("; ")}.`;
}

function describeMissing(variables: readonly string[]): string {
  return `${variables.join(", ")} ${variables.length === 1 ? "is" : "are"} required`;
}

function describeProblem({ variable, problem }: SettingsProblem): string {
  if (variable === "") return problem;
  return /^(?:is|are|must|may|can|cannot|has|have|names|needs)\b/.test(problem)
    ? `${variable} ${problem}`
    : `${variable}: ${problem}`;
}
