// SPDX-License-Identifier: Apache-2.0
import type { Environment } from "./environment.ts";

/** Reads variables by OpenTelemetry's rules: an empty one is an unset one, a bad one is left out and remembered. */
export class EnvReader {
  readonly #env: Environment;
  readonly #problems = new Map<string, string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  get problems(): readonly string[] {
    return [...this.#problems.values()];
  }

  /** @param problem what is wrong, as the end of a sentence; never a value */
  refuse(name: string, problem: string): undefined {
    this.#problems.set(name, `${name} is left out: ${problem}.`);
    return undefined;
  }

  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === "" ? undefined : value;
  }

  isTrue(name: string): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value !== undefined && value !== "true" && value !== "false")
      this.refuse(name, "it is true or false");
    return value === "true";
  }

  integer(name: string, min: number, max: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max
      ? number
      : this.refuse(name, `it is a whole number from ${min} to ${max}`);
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return undefined;
    return (
      choices.find((choice) => choice === value) ?? this.refuse(name, `it is one of ${choices.join(", ")}`)
    );
  }

  /** `key=value,key=value`, values percent-encoded, as W3C Baggage writes them; the pairs that are right. */
  pairs(name: string): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const part of (this.text(name) ?? "").split(",")) {
      const [key, value] = splitPair(part);
      if (key === "" && value === undefined) continue;
      const decoded = value === undefined ? undefined : percentDecoded(value);
      if (key === "" || decoded === undefined)
        this.refuse(
          name,
          "an entry is not key=value with the value percent-encoded; the other entries are used",
        );
      else found[key] = decoded;
    }
    return found;
  }
}

function splitPair(part: string): readonly [key: string, value: string | undefined] {
  const at = part.indexOf("=");
  if (at < 0) return part.trim() === "" ? ["", undefined] : ["", ""];
  return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
}

function percentDecoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
