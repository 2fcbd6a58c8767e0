// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { verifyFolder } from "./maven.ts";

const test = base.extend<{ folder: string }>({
  folder: async ({ task: _task }, use) => {
    const folder = await mkdtemp(join(tmpdir(), "jars-"));
    await writeFile(join(folder, "a.jar"), "abc");
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

/** SHA-256 of "abc", from FIPS 180-2. */
const sums = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.jar\n";

test("accepts exactly what was listed", async ({ folder, expect }) => {
  await expect(verifyFolder(folder, sums)).resolves.toBeUndefined();
});

test("refuses a file with other content", async ({ folder, expect }) => {
  await writeFile(join(folder, "a.jar"), "abd");
  await expect(verifyFolder(folder, sums)).rejects.toThrow(/^a\.jar came with SHA-256 .*, and ba7816bf/);
});

test("refuses a file that was not listed", async ({ folder, expect }) => {
  await writeFile(join(folder, "b.jar"), "abc");
  await expect(verifyFolder(folder, sums)).rejects.toThrow(/b\.jar came .* no such file was expected/);
});

test("refuses when a listed file is absent", async ({ folder, expect }) => {
  await rm(join(folder, "a.jar"));
  await expect(verifyFolder(folder, sums)).rejects.toThrow("a.jar was expected and did not come.");
});
