// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, resolve, sep } from "node:path";
import { JobFileError } from "./job-file-error.ts";
import { type JobFileContent, parseJobFile } from "./parse-job-file.ts";

const jobFileName = ".airunner.yaml";
const maxBytes = 65_536;

/** What a repository says about how to run it. */
export interface JobFile extends Omit<JobFileContent, "workingDirectory"> {
  /** Absolute path within the checkout; the checkout itself where the file names none. */
  readonly workingDirectory: string;
}

/**
 * Reads `.airunner.yaml` of a checkout.
 *
 * @param directory the checkout
 * @throws {JobFileError} one sentence that says what is wrong with it
 */
export async function loadJobFile(directory: string): Promise<JobFile> {
  const root = await realpath(directory);
  const path = await findWithin(root, jobFileName, (code) => {
    if (code !== "ENOENT") return new JobFileError(`${jobFileName} cannot be read (${code}).`);
    return new JobFileError(
      `The repository has no ${jobFileName}, which would say what to run: add one, or submit the job with a command.`,
    );
  });
  const { workingDirectory, ...content } = parseJobFile(await readText(path));
  return { ...content, workingDirectory: await findDirectory(root, workingDirectory) };
}

async function findDirectory(root: string, name: string | undefined): Promise<string> {
  if (name === undefined) return root;
  const refuse = (why: string): JobFileError =>
    new JobFileError(`${jobFileName}: the "workingDirectory" ${JSON.stringify(name)} ${why}.`);
  if (isAbsolute(name)) throw refuse("must be a path within the repository");
  const path = await findWithin(root, name, (code) =>
    refuse(code === "ENOENT" || code === "ENOTDIR" ? "does not exist" : `cannot be used (${code})`),
  );
  if (!(await stat(path)).isDirectory()) throw refuse("is not a directory");
  return path;
}

/** Follows all links, and refuses to be led out of the checkout: a job must not print the worker's own files. */
async function findWithin(
  root: string,
  name: string,
  toError: (code: string) => JobFileError,
): Promise<string> {
  let path: string;
  try {
    path = await realpath(resolve(root, name));
  } catch (error) {
    throw toError(error instanceof Error && "code" in error ? String(error.code) : "unknown");
  }
  if (path === root || path.startsWith(root.endsWith(sep) ? root : join(root, sep))) return path;
  throw new JobFileError(`${JSON.stringify(name)} leads out of the repository: let it stay inside.`);
}

async function readText(path: string): Promise<string> {
  // Not a pipe either, which would be waited for.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if (!(await file.stat()).isFile()) throw new JobFileError(`${jobFileName} is not a file.`);
  const bytes = await readAtMost(file, maxBytes + 1);
  if (bytes.length > maxBytes) throw new JobFileError(`${jobFileName} is larger than ${maxBytes} bytes.`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new JobFileError(`${jobFileName} is not UTF-8 text.`, { cause: error });
  }
}

async function readAtMost(file: FileHandle, limit: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  while (length < limit) {
    const { bytesRead } = await file.read(buffer, length, limit - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
