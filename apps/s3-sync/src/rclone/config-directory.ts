// SPDX-License-Identifier: Apache-2.0
import { rmSync } from "node:fs";
import { lstat, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { listenOn, sweepStaleDirectories } from "./stale-directories.ts";

export class ConfigDirectoryError extends Error {
  override readonly name = "ConfigDirectoryError";
}

/** A directory of this run alone, for rclone's configuration and what belongs to it; gone once disposed. */
export interface RunDirectory extends AsyncDisposable {
  readonly path: string;
  /** Creates a file (mode 0600) that must not exist yet, and answers its path. */
  write(name: string, text: string): Promise<string>;
}

async function checkBase(base: string): Promise<void> {
  const status = await lstat(base);
  if (status.isSymbolicLink() || !status.isDirectory()) {
    throw new ConfigDirectoryError(
      `${base} is not a directory of its own; remove it, keys are not written through links`,
    );
  }
  const user = process.geteuid?.();
  if (user !== undefined && status.uid !== user) {
    throw new ConfigDirectoryError(
      `${base} belongs to user ${status.uid} and this process runs as ${user}; remove it, or set CONFIG_DIR`,
    );
  }
  // Never closed by us: it may be /tmp itself, which others need.
  if ((status.mode & 0o077) !== 0) {
    const mode = (status.mode & 0o7777).toString(8).padStart(4, "0");
    throw new ConfigDirectoryError(
      `${base} is open to other users (mode ${mode}); set CONFIG_DIR to a folder in it that does not exist yet, or close it with chmod 700 if nobody else needs it`,
    );
  }
}

function codeOf(error: unknown): string | undefined {
  return Error.isError(error) && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Like `mkdir -p`. Node's own never ends where a directory exists in which nothing can be made, such as /proc. */
async function makeDirectories(path: string): Promise<void> {
  const make = async (): Promise<void> => {
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  };
  try {
    await make();
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeDirectories(dirname(path));
    await make();
  }
}

const advice: Readonly<Record<string, string>> = {
  ENOSPC:
    "has no room left: give it more (in Kubernetes: tmpSizeLimit), or set CONFIG_DIR to a folder with more room",
  EDQUOT: "has no room left within this user's quota: raise it, or set CONFIG_DIR to a folder with more room",
  EROFS: "is on a read-only file system: set CONFIG_DIR to a folder that can be written",
  EACCES: "may not be written by this user: set CONFIG_DIR to a folder of its own",
};

/** Errors of the file system by what was tried; sockets and processes have such codes too. */
const writing = new Set([
  "open",
  "write",
  "close",
  "fsync",
  "mkdir",
  "mkdtemp",
  "rename",
  "futime",
  "listen",
]);

/** Puts an error of writing below `base` into a sentence; any other is given back as it is. */
export function explainWriteError(error: unknown, base: string): unknown {
  const sentence = advice[codeOf(error) ?? ""];
  if (sentence === undefined || !Error.isError(error)) return error;
  if (!("syscall" in error) || typeof error.syscall !== "string" || !writing.has(error.syscall)) return error;
  return new ConfigDirectoryError(`${base} ${sentence} (${codeOf(error)})`, { cause: error });
}

async function prepareBase(base: string): Promise<void> {
  try {
    await makeDirectories(base);
    await checkBase(base);
  } catch (error) {
    if (error instanceof ConfigDirectoryError) throw error;
    const explained = explainWriteError(error, base);
    if (explained !== error) throw explained;
    throw new ConfigDirectoryError(
      `${base} cannot be used for rclone's configuration (${codeOf(error) ?? "error"}); set CONFIG_DIR`,
      { cause: error },
    );
  }
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/**
 * Creates a fresh directory (0700) under `base`, after sweeping what dead runs left there.
 *
 * @param base created with mode 0700 if absent; must be a directory of this user alone (0700), and no symbolic link
 * @throws {ConfigDirectoryError} if `base` cannot be trusted or written
 */
export async function createRunDirectory(base: string): Promise<RunDirectory> {
  await prepareBase(base);
  try {
    return await openRunDirectory(base);
  } catch (error) {
    throw explainWriteError(error, base);
  }
}

async function openRunDirectory(base: string): Promise<RunDirectory> {
  await sweepStaleDirectories(base);
  // Named `new-` until its socket listens, so that a sweep never mistakes it for a dead run's.
  const unready = await mkdtemp(join(base, "new-"));
  const server = createServer();
  await listenOn(server, unready);
  const path = join(base, `run-${unready.slice(join(base, "new-").length)}`);
  await rename(unready, path);
  // A second signal ends the process without unwinding it; keys are removed even so.
  const removeAtExit = (): void => rmSync(path, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      await writeFile(file, text, { mode: 0o600, flag: "wx" });
      return file;
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      process.off("exit", removeAtExit);
      await closeServer(server);
    },
  };
}
