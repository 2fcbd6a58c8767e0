// SPDX-License-Identifier: Apache-2.0
import { type Environment, variable } from "./environment.ts";
import { findOnPath } from "./path-lookup.ts";
import { ask } from "./run.ts";
import { compareVersions, versionIn } from "./version.ts";

export type ToolchainName = "python" | "go" | "java" | "maven" | "cargo" | "apt";

export interface Toolchain {
  readonly command: string;
  readonly version: string;
}

interface ToolchainFacts {
  readonly label: string;
  readonly command: string;
  readonly variable?: string;
  readonly versionArgs: readonly string[];
  readonly atLeast: string;
}

const facts: Readonly<Record<ToolchainName, ToolchainFacts>> = {
  python: {
    label: "Python",
    command: "python3",
    variable: "PYTHON",
    versionArgs: ["--version"],
    atLeast: "3.10",
  },
  go: { label: "Go", command: "go", versionArgs: ["version"], atLeast: "1.26" },
  java: { label: "Java", command: "java", versionArgs: ["-version"], atLeast: "11" },
  maven: { label: "Maven", command: "mvn", versionArgs: ["--version"], atLeast: "3.6" },
  cargo: { label: "Rust (cargo)", command: "cargo", versionArgs: ["--version"], atLeast: "1.88" },
  apt: { label: "apt", command: "apt-get", versionArgs: ["--version"], atLeast: "1.0" },
};

const remembered = new Map<string, Promise<Toolchain | undefined>>();

/** The machine's toolchain, if it has one in a sufficient version; asked once per process. */
export function findToolchain(
  name: ToolchainName,
  environment: Environment,
  atLeast?: string,
): Promise<Toolchain | undefined> {
  const key = [name, atLeast, environment["PATH"], environment["PYTHON"]].join("\n");
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const asked = lookUp(name, environment, atLeast);
  remembered.set(key, asked);
  return asked;
}

/** How a sentence names a toolchain: `Go 1.26 or later`. */
export function toolchainLabel(name: ToolchainName, atLeast?: string): string {
  const { label, atLeast: ours } = facts[name];
  return name === "apt" ? label : `${label} ${atLeast ?? ours} or later`;
}

async function lookUp(
  name: ToolchainName,
  environment: Environment,
  atLeast?: string,
): Promise<Toolchain | undefined> {
  const fact = facts[name];
  const named = fact.variable === undefined ? undefined : variable(environment, fact.variable);
  const command = named ?? (await findOnPath(fact.command, environment));
  if (command === undefined) return undefined;
  const answer = await ask(command, fact.versionArgs);
  const version = answer === undefined ? undefined : versionIn(javaBeforeDots(answer));
  if (version === undefined || compareVersions(version, atLeast ?? fact.atLeast) < 0) return undefined;
  return { command, version };
}

/** A new Java says `openjdk version "21"`, without a dot. */
function javaBeforeDots(answer: string): string {
  return answer.replace(/version "(\d+)"/, 'version "$1.0"');
}
