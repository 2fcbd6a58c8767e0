// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { type Environment, variable } from "./environment.ts";
import { TestbedError } from "./errors.ts";
import { findOnPath, isExecutableFile } from "./path-lookup.ts";
import type { OwnProgram } from "./program.ts";
import { ask } from "./run.ts";
import { compareVersions, versionIn } from "./version.ts";

export interface OwnCopy {
  readonly origin: "environment" | "path";
  readonly path: string;
  readonly version: string;
}

/**
 * A person's own copy of a program. One on PATH in another version is passed over; one that the
 * environment names is wanted, so a wrong one is an error.
 *
 * @throws {TestbedError} `unsuitable_program`
 */
export async function findOwnProgram(
  own: OwnProgram,
  environment: Environment,
): Promise<OwnCopy | undefined> {
  const named = own.variable === undefined ? undefined : variable(environment, own.variable);
  if (own.variable !== undefined && named !== undefined) {
    const path = own.isFolder === true ? join(named, own.command) : named;
    return { origin: "environment", path, version: await demandVersion(own, own.variable, path) };
  }
  const path = await findOnPath(own.command, environment);
  if (path === undefined) return undefined;
  const version = await versionOf(own, path);
  return version !== undefined && isAccepted(own, version) ? { origin: "path", path, version } : undefined;
}

async function demandVersion(own: OwnProgram, name: string, path: string): Promise<string> {
  const unsuitable = (why: string): TestbedError =>
    new TestbedError(
      "unsuitable_program",
      `${name} names ${path}, which ${why}; correct the variable or unset it.`,
    );
  if (!(await isExecutableFile(path))) throw unsuitable("is not a program that this user may run");
  const version = await versionOf(own, path);
  if (version === undefined)
    throw unsuitable(`does not tell its version (tried ${own.versionArgs.join(" ")})`);
  if (!isAccepted(own, version))
    throw unsuitable(`is version ${version}, and ${acceptedRange(own)} is needed`);
  return version;
}

async function versionOf(own: OwnProgram, path: string): Promise<string | undefined> {
  const answer = await ask(path, own.versionArgs);
  return answer === undefined ? undefined : versionIn(answer);
}

function isAccepted(own: OwnProgram, version: string): boolean {
  if (compareVersions(version, own.atLeast) < 0) return false;
  return own.atMost === undefined || compareVersions(version, own.atMost) <= 0;
}

function acceptedRange(own: OwnProgram): string {
  if (own.atMost === own.atLeast) return own.atLeast;
  return own.atMost === undefined ? `${own.atLeast} or later` : `${own.atLeast} to ${own.atMost}`;
}
