// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import { testDirectory } from "./test-directory.ts";

test("is private, and goes away with all it holds", async ({ expect }) => {
  const directory = await testDirectory("name");
  expect((await stat(directory.path)).mode & 0o777).toBe(0o700);
  await mkdir(join(directory.path, "a", "b"), { recursive: true });
  await writeFile(join(directory.path, "a", "b", "file"), "content");
  await directory[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
  expect(existsSync(directory.path)).toBe(false);
});
