// SPDX-License-Identifier: Apache-2.0
import { access, constants, open, stat } from "node:fs/promises";
import { delimiter, isAbsolute, resolve } from "node:path";
import { ProcessError, type ProcessErrorCode, type ProcessSpec } from "./process.ts";

/** Linux takes one argument, or one `NAME=value`, of 131,072 bytes with its closing zero (MAX_ARG_STRLEN). */
const maxArgumentBytes = 131_071;
/** Where execvp(3) looks without a PATH. */
const defaultPath = "/bin:/usr/bin";
const scriptHeadBytes = 256;

type StartSpec = Pick<ProcessSpec, "command" | "args" | "env" | "cwd">;

/**
 * Says in a sentence why a process cannot be started, before it is tried: in a terminal it is setsid(1) that starts
 * it, and so no error of ours; and an ENOENT alone does not say whether command, interpreter or directory is missing.
 *
 * @throws {ProcessError}
 */
export async function checkStart(spec: StartSpec): Promise<void> {
  checkText(spec);
  checkSizes(spec);
  await checkDirectory(spec.cwd);
  await checkInterpreter(await findCommand(spec), spec);
}

/** Translates what starting the process failed with although {@link checkStart} had found nothing. */
export function toProcessError(error: unknown, { command }: StartSpec): ProcessError {
  if (error instanceof ProcessError) return error;
  const code = errorCode(error);
  const cause = { cause: error };
  switch (code) {
    case "E2BIG":
      return new ProcessError(
        "arguments_too_long",
        `The arguments and the environment of "${shorten(command)}" are together larger than the system allows: pass large values in files.`,
        cause,
      );
    case "ENOENT":
      return new ProcessError("command_not_found", `The command "${shorten(command)}" was not found.`, cause);
    case "EACCES":
    case "EPERM":
      return new ProcessError(
        "not_executable",
        `The command "${shorten(command)}" may not be executed.`,
        cause,
      );
    case "EAGAIN":
    case "ENOMEM":
    case "EMFILE":
    case "ENFILE":
      return new ProcessError(
        "start_failed",
        `The worker's machine is out of processes, memory or files (${code}): run fewer jobs at once on it.`,
        cause,
      );
    case undefined:
    default:
      return new ProcessError(
        "start_failed",
        `The command "${shorten(command)}" could not be started${code === undefined ? "" : ` (${code})`}.`,
        cause,
      );
  }
}

function checkText({ command, args, env }: StartSpec): void {
  if (command === "") throw new ProcessError("command_not_found", "The job names no command.");
  const hasZero = (text: string): boolean => text.includes("\0");
  if (hasZero(command)) throw new ProcessError("start_failed", "The command contains a zero byte.");
  const argument = args.findIndex(hasZero);
  if (argument !== -1)
    throw new ProcessError("start_failed", `Argument ${argument + 1} contains a zero byte.`);
  for (const [name, value] of Object.entries(env)) {
    if (name === "" || name.includes("=") || hasZero(name))
      throw new ProcessError(
        "start_failed",
        `"${shorten(name)}" cannot be the name of an environment variable.`,
      );
    if (hasZero(value))
      throw new ProcessError(
        "start_failed",
        `The environment variable ${shorten(name)} contains a zero byte.`,
      );
  }
}

function checkSizes({ args, env }: StartSpec): void {
  const tooLong = (what: string): ProcessError =>
    new ProcessError(
      "arguments_too_long",
      `${what} is longer than the ${maxArgumentBytes} bytes that the system allows: pass it in a file.`,
    );
  for (const [index, argument] of args.entries())
    if (Buffer.byteLength(argument) > maxArgumentBytes) throw tooLong(`Argument ${index + 1}`);
  for (const [name, value] of Object.entries(env))
    if (Buffer.byteLength(name) + 1 + Buffer.byteLength(value) > maxArgumentBytes)
      throw tooLong(`The environment variable ${shorten(name)}`);
}

async function checkDirectory(cwd: string): Promise<void> {
  const refuse = (why: string, cause?: unknown): ProcessError =>
    new ProcessError("directory_missing", `The working directory "${shorten(cwd)}" ${why}.`, { cause });
  if (!isAbsolute(cwd)) throw refuse("is not an absolute path");
  try {
    if (!(await stat(cwd)).isDirectory()) throw refuse("is not a directory");
    await access(cwd, constants.X_OK);
  } catch (error) {
    if (error instanceof ProcessError) throw error;
    throw refuse(isMissing(error) ? "does not exist" : "cannot be entered", error);
  }
}

/** What is wrong with a file as a command, or `undefined`. */
type Fault = "missing" | "directory" | "not executable" | undefined;

async function faultOf(path: string): Promise<Fault> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) return "directory";
    await access(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return isMissing(error) ? "missing" : "not executable";
  }
}

/** The file that execvp(3) will take. */
async function findCommand({ command, env, cwd }: StartSpec): Promise<string> {
  const name = shorten(command);
  if (command.includes("/")) {
    const path = resolve(cwd, command);
    const fault = await faultOf(path);
    if (fault === undefined) return path;
    throw toFault(fault, `The command "${name}"`, "does not exist");
  }
  const path = env.PATH ?? defaultPath;
  let worst: Fault;
  for (const folder of path.split(delimiter)) {
    const candidate = resolve(cwd, folder, command);
    const fault = await faultOf(candidate);
    if (fault === undefined) return candidate;
    // As execvp(3): a directory or a file without the permission is passed over, and remembered.
    if (fault === "not executable") worst = fault;
  }
  // No shell takes it apart: "npm test" is looked for as one program.
  const hint = /\s/.test(command.trim()) ? ": give its arguments apart from it, as arguments" : "";
  throw toFault(
    worst ?? "missing",
    `The command "${name}"`,
    `was not found in PATH (${shorten(path)})${hint}`,
  );
}

function toFault(fault: Exclude<Fault, undefined>, what: string, missing: string): ProcessError {
  const faults: Record<typeof fault, readonly [ProcessErrorCode, string]> = {
    missing: ["command_not_found", missing],
    directory: ["not_executable", "is a directory"],
    "not executable": ["not_executable", "is not executable: give the file its x permission"],
  };
  const [code, why] = faults[fault];
  return new ProcessError(code, `${what} ${why}.`);
}

/** A script whose interpreter is missing fails with the same ENOENT as a missing script. */
async function checkInterpreter(path: string, { command, cwd }: StartSpec): Promise<void> {
  const interpreter = /^#![ \t]*([^\s\0]+)/.exec(await readHead(path))?.[1];
  if (interpreter === undefined) return;
  const fault = await faultOf(resolve(cwd, interpreter));
  if (fault === undefined) return;
  const what = `The interpreter "${shorten(interpreter)}" that "${shorten(command)}" names in its first line`;
  throw toFault(fault, what, "does not exist");
}

/** "" where we may execute a file and not read it. */
async function readHead(path: string): Promise<string> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(scriptHeadBytes), 0, scriptHeadBytes, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } catch {
    return "";
  }
}

function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
