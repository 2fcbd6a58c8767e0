// SPDX-License-Identifier: Apache-2.0
import type { Command, Option } from "commander";

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  "1": true,
  false: false,
  no: false,
  "0": false,
};

/**
 * Rewrites what the Go program's flag parser took and commander does not: `--monitor=false` becomes `--no-monitor`,
 * `--watch=true` `--watch`, `--watch=false` nothing. An unknown `--name=value` loses its value, so that the
 * complaint about it cannot repeat a secret. Values of options and everything after `--` stay as they are.
 */
export function normalizeArgs(args: readonly string[], commands: readonly Command[]): readonly string[] {
  const options = commands.flatMap((command) => [...command.options]);
  const result: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    if (arg === "--") return [...result, ...args.slice(index)];
    result.push(...rewrite(arg, options));
    const takesNext = find(arg, options)?.required ?? false;
    const next = args[index + 1];
    if (takesNext && next !== undefined) {
      result.push(next);
      index += 1;
    }
  }
  return result;
}

function find(flag: string, options: readonly Option[]): Option | undefined {
  return options.find((option) => option.long === flag || option.short === flag);
}

function rewrite(arg: string, options: readonly Option[]): readonly string[] {
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(arg) ?? [];
  if (name === undefined || value === undefined) return [arg];
  const option = find(name, options) ?? find(`--no-${name.slice(2)}`, options);
  if (option === undefined) return [name];
  if (option.required || option.optional) return [arg];
  const wanted = truths[value.toLowerCase()];
  if (wanted === undefined) return [arg];
  const isNegated = name.startsWith("--no-");
  const plain = isNegated ? `--${name.slice(5)}` : name;
  const flag = wanted === isNegated ? `--no-${plain.slice(2)}` : plain;
  // Where the flag has no such form, it says what holds anyway.
  return find(flag, options) === undefined ? [] : [flag];
}
