// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Environment } from "./environment.ts";
import { variable } from "./environment.ts";
import { TestbedError } from "./errors.ts";

/**
 * The folder that fetched programs stay in: `TESTBED_CACHE`, else a folder below `$XDG_CACHE_HOME` if other
 * users may enter that, else one of this user's own below `/var/tmp`. It is made if need be.
 *
 * Others may enter it because PostgreSQL refuses to run as root and then runs as another user; nobody else
 * may write to it, because what stands there is executed.
 *
 * @throws {TestbedError} `cache_unusable`
 */
export async function cacheRoot(environment: Environment): Promise<string> {
  const root = resolve(await chooseRoot(environment));
  try {
    await mkdir(root, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new TestbedError(
      "cache_unusable",
      `The testbed's cache folder ${root} cannot be made; set TESTBED_CACHE to another.`,
      { cause },
    );
  }
  await refuseForeignFolder(root);
  return root;
}

async function chooseRoot(environment: Environment): Promise<string> {
  const own = variable(environment, "TESTBED_CACHE");
  if (own !== undefined) return own;
  const cacheHome = variable(environment, "XDG_CACHE_HOME");
  if (cacheHome !== undefined && (await isEnterableByOthers(cacheHome))) return join(cacheHome, "testbed");
  return join("/var/tmp", `testbed-${process.getuid?.() ?? 0}`);
}

/** /var/tmp is everybody's: a folder that someone else made there in advance must not be trusted. */
async function refuseForeignFolder(root: string): Promise<void> {
  const { uid, mode } = await stat(root);
  const me = process.getuid?.() ?? uid;
  if (uid !== me && uid !== 0) {
    throw new TestbedError(
      "cache_unusable",
      `The testbed's cache folder ${root} belongs to another user (uid ${uid}); set TESTBED_CACHE to one of yours.`,
    );
  }
  if ((mode & 0o022) === 0) return;
  if (uid !== me) {
    throw new TestbedError(
      "cache_unusable",
      `The testbed's cache folder ${root} can be written to by others; set TESTBED_CACHE to another.`,
    );
  }
  await chmod(root, mode & 0o7755);
}

/** Whether a user who is neither owner nor in the group can reach a folder: it and all above it have the x bit. */
export async function isEnterableByOthers(folder: string): Promise<boolean> {
  for (let current = resolve(folder); ; current = dirname(current)) {
    try {
      const { mode } = await stat(current);
      if ((mode & 0o001) === 0) return false;
    } catch {
      // A folder that is still to be made gets 0755.
    }
    if (current === dirname(current)) return true;
  }
}
