// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Executable, type Exit, runExecutable } from "@repo/testkit/process";

/** The built program, as users start it. */
export const serverBundle = join(import.meta.dirname, "../../../dist/airunner-server.mjs");

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts the program. Nothing of this process's environment reaches it. */
export function runServer(args: readonly string[], env: Environment = {}): Promise<Executable> {
  if (!existsSync(serverBundle)) {
    throw new Error("The bundle is not built: run `npx pnpm turbo build` first.");
  }
  return runExecutable({ file: serverBundle, args, env: { PATH: "/usr/bin:/bin", ...env } });
}

export interface Ended {
  readonly exit: Exit;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end. */
export async function runToEnd(args: readonly string[], env: Environment = {}): Promise<Ended> {
  await using program = await runServer(args, env);
  const exit = await program.waitForExit();
  return { exit, stdout: program.stdout.lines.join("\n"), stderr: program.stderr.lines.join("\n") };
}

export interface ServingProcess extends AsyncDisposable {
  readonly program: Executable;
  readonly url: string;
  readonly healthUrl: string;
  /** Fields of the line that says that it serves. */
  readonly started: Readonly<Record<string, unknown>>;
}

/** On free ports of 127.0.0.1, once it says that it serves. */
export async function startServerProcess(
  args: readonly string[],
  env: Environment = {},
): Promise<ServingProcess> {
  const ports = { AIRUNNER_LISTEN: "127.0.0.1:0", AIRUNNER_HEALTH_LISTEN: "127.0.0.1:0" };
  const program = await runServer(args, { ...ports, ...env });
  try {
    const line = await program.stdout.waitForLine((text) => text.includes('"msg":"serving"'), {
      deadlineMs: 20_000,
    });
    const started = parseLine(line);
    return {
      program,
      url: String(started["url"]),
      healthUrl: String(started["healthUrl"]),
      started,
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

export function parseLine(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null) throw new TypeError(`Not a log line: ${line}`);
  return Object.fromEntries(Object.entries(value));
}
