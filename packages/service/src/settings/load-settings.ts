// SPDX-License-Identifier: Apache-2.0
import { createRedactor } from "@repo/logging";
import type { z } from "zod";
import { fieldsOf } from "./field-docs.ts";
import { readSecretFile } from "./secret-file.ts";
import { isRequired, SettingsError, type SettingsProblem } from "./settings-error.ts";
import { suggestName } from "./suggest-name.ts";

/** `process.env`, or a plain object in a test. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadOptions {
  /** Told of each variable whose value ended in line breaks, which were dropped: worth a warning in the log. */
  readonly onTrimmed?: (variable: string) => void;
}

/**
 * Reads settings out of an environment; the schema's keys are the variables' names.
 *
 * A variable that is empty or blank counts as unset. Line breaks at the end of a value are dropped.
 *
 * @throws {SettingsError} naming every bad variable, never a value
 */
export function loadSettings<S extends z.ZodType>(
  schema: S,
  env: Environment,
  options: LoadOptions = {},
): z.output<S> {
  return unwrap(read(schema, env, { ...options, fromFiles: false }), []);
}

/**
 * Reads secrets likewise; each `NAME` may also come out of the file that `NAME_FILE` names (UTF-8, at most 64 KiB,
 * line breaks at its end dropped).
 *
 * @throws {SettingsError} naming every bad variable and unreadable path, never a value
 */
export function loadSecrets<S extends z.ZodType>(
  schema: S,
  env: Environment,
  options: LoadOptions = {},
): z.output<S> {
  return unwrap(read(schema, env, { ...options, fromFiles: true }), []);
}

/**
 * Reads both, so that a person sees all faults of both at once.
 *
 * @throws {SettingsError}
 */
export function loadEnvironment<S extends z.ZodType, T extends z.ZodType>(
  schemas: { readonly settings: S; readonly secrets: T },
  env: Environment,
  options: LoadOptions = {},
): { readonly settings: z.output<S>; readonly secrets: z.output<T> } {
  const settings = read(schemas.settings, env, { ...options, fromFiles: false });
  const secrets = read(schemas.secrets, env, { ...options, fromFiles: true });
  return {
    settings: unwrap(settings, secrets.problems),
    secrets: unwrap(secrets, []),
  };
}

interface Outcome<T> {
  /** Absent when there are problems. */
  readonly value: { readonly parsed: T } | undefined;
  readonly problems: readonly SettingsProblem[];
}

function unwrap<T>(outcome: Outcome<T>, furtherProblems: readonly SettingsProblem[]): T {
  if (outcome.value === undefined || furtherProblems.length > 0) {
    throw new SettingsError([...outcome.problems, ...furtherProblems]);
  }
  return outcome.value.parsed;
}

interface ReadOptions extends LoadOptions {
  readonly fromFiles: boolean;
}

function read<S extends z.ZodType>(schema: S, env: Environment, options: ReadOptions): Outcome<z.output<S>> {
  const variables = [...fieldsOf(schema).keys()];
  const { values, problems } = collectValues(variables, env, options);
  const result = schema.safeParse(values);
  if (result.success && problems.length === 0) return { value: { parsed: result.data }, problems };
  const known = new Set(problems.map(({ variable }) => variable.replace(/_FILE$/, "")));
  const found = (result.error?.issues ?? [])
    .map((issue) => toProblem(issue, values, variables, env))
    .filter(({ variable }) => !known.has(variable));
  // A rule across fields is the author's text; whatever it quotes, a secret does not get out.
  const redact = createRedactor(options.fromFiles ? Object.values(values) : []);
  const redacted = found.map(({ variable, problem }) => ({ variable, problem: redact(problem) }));
  return { value: undefined, problems: [...problems, ...redacted] };
}

interface Collected {
  /** Without a prototype: a variable called `constructor` is unset unless it is set. */
  readonly values: Readonly<Record<string, string>>;
  readonly problems: SettingsProblem[];
}

function collectValues(variables: readonly string[], env: Environment, options: ReadOptions): Collected {
  const values: Record<string, string> = Object.create(null);
  const problems: SettingsProblem[] = [];
  for (const variable of variables) {
    const value = readVariable(env, variable, options);
    if (value !== undefined) values[variable] = value;
    const path = options.fromFiles ? readVariable(env, `${variable}_FILE`, options) : undefined;
    if (path === undefined) continue;
    const content =
      value === undefined ? readSecretFile(path) : { problem: `must not be set beside ${variable}` };
    if ("problem" in content) problems.push({ variable: `${variable}_FILE`, problem: content.problem });
    else values[variable] = content.text;
  }
  return { values, problems };
}

function readVariable(env: Environment, variable: string, options: LoadOptions): string | undefined {
  const raw = Object.hasOwn(env, variable) ? env[variable] : undefined;
  if (raw === undefined || raw.trim() === "") return undefined;
  const value = raw.replace(/[\r\n]+$/, "");
  if (value !== raw) options.onTrimmed?.(variable);
  return value;
}

function toProblem(
  issue: z.core.$ZodIssue,
  values: Readonly<Record<string, string>>,
  variables: readonly string[],
  env: Environment,
): SettingsProblem {
  const variable = String(issue.path[0] ?? "");
  // Our own helpers and rules write `custom` issues for people; the rest are zod's words, which never quote input.
  if (issue.code === "custom") return { variable, problem: issue.message };
  if (values[variable] !== undefined) return { variable, problem: `is not accepted (${issue.message})` };
  const similar = suggestName(variable, Object.keys(env), variables);
  return {
    variable,
    problem:
      similar === undefined ? isRequired : `is required, but only ${similar} is set, which nothing reads`,
  };
}
