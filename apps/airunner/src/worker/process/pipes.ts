// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findTool } from "./find-tool.ts";

/** A pipe; whoever opened it closes both ends. */
export interface Pipe {
  /** Non-blocking. */
  readonly readEnd: number;
  readonly writeEnd: number;
}

const run = promisify(execFile);

/**
 * Opens `count` pipes.
 *
 * Node's own "pipe" is a pair of sockets, and a socket cannot be opened by name: a script's `echo … > /dev/stderr`
 * fails with "No such device or address". Node has no pipe(2), so we open named pipes and take their names away.
 */
export async function openPipes(count: number): Promise<readonly Pipe[]> {
  const directory = await mkdtemp(join(tmpdir(), "airunner-pipes-"));
  const opened: Pipe[] = [];
  try {
    const paths = Array.from({ length: count }, (_, index) => join(directory, `${index}`));
    await run(await findTool("mkfifo"), ["-m", "600", ...paths], { env: {} });
    for (const path of paths) opened.push(openPipe(path));
    return opened;
  } catch (error) {
    for (const { readEnd, writeEnd } of opened) for (const end of [readEnd, writeEnd]) closeSync(end);
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function openPipe(path: string): Pipe {
  // The reader first, and without waiting for a writer; the writer then has one and need not wait either.
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(readEnd);
    throw error;
  }
}
