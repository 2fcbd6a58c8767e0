// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * A fresh folder below the system's temporary folder, removed with all it holds on disposal.
 *
 * Its path is short (below 60 characters with the usual temporary folder), because Unix sockets in it may have
 * 107 characters at most. Only this user may enter it.
 */
export async function testDirectory(prefix = "testkit"): Promise<TestDirectory> {
  const path = await mkdtemp(join(tmpdir(), `${prefix}-`));
  return {
    path,
    async [Symbol.asyncDispose]() {
      // A server that was just killed may still be writing its last file.
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
