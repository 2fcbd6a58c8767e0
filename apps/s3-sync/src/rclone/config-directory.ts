// SPDX-License-Identifier: Apache-2.0
import { rmSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
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
  if ((status.mode & 0o077) !== 0) await chmod(base, 0o700);
}

async function prepareBase(base: string): Promise<void> {
  try {
    await mkdir(base, { recursive: true, mode: 0o700 });
    await checkBase(base);
  } catch (error) {
    if (error instanceof ConfigDirectoryError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "error";
    throw new ConfigDirectoryError(
      `${base} cannot be used for rclone's configuration (${code}); set CONFIG_DIR`,
      {
        cause: error,
      },
    );
  }
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/**
 * Creates a fresh directory (0700) under `base`, after sweeping what dead runs left there.
 *
 * @param base created with mode 0700 if absent; must be a directory of this user, and no symbolic link
 * @throws {ConfigDirectoryError} if `base` cannot be trusted or written
 */
export async function createRunDirectory(base: string): Promise<RunDirectory> {
  await prepareBase(base);
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
