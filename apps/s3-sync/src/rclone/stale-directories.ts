// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir, rm } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { join } from "node:path";

/** Age after which a directory whose socket never came up is taken for a dead run's. */
const UNREADY_AGE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2_000;
const SOCKET_NAME = "alive";

/**
 * Marks a directory as used by listening on a socket in it.
 *
 * The kernel closes the socket with its process, however that ends, and refuses who connects afterwards. So a
 * directory's owner is known alive or dead at once: no process id (they repeat, and differ between pid
 * namespaces that share a volume) and no clock is compared.
 */
export async function listenOn(server: Server, directory: string): Promise<void> {
  server.unref();
  server.on("connection", (socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(join(directory, SOCKET_NAME), () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Whether someone listens; any doubt (a full backlog, a time-out, no permission) counts as yes. */
async function hasListener(directory: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(join(directory, SOCKET_NAME));
    const settle = (isAlive: boolean): void => {
      socket.destroy();
      resolve(isAlive);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => settle(true));
    socket.once("connect", () => settle(true));
    socket.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      settle(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
}

async function isStale(path: string, name: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined || !status.isDirectory()) return false;
  if (name.startsWith("run-")) return !(await hasListener(path));
  return Date.now() - status.mtimeMs > UNREADY_AGE_MS;
}

/** Removes the directories of runs that died without cleaning up; never one whose run is alive. */
export async function sweepStaleDirectories(base: string): Promise<void> {
  const names = (await readdir(base)).filter((name) => name.startsWith("run-") || name.startsWith("new-"));
  for (const name of names) {
    const path = join(base, name);
    if (await isStale(path, name)) await rm(path, { recursive: true, force: true });
  }
}
