// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { removeTree } from "./remove-tree.ts";

test("removes what its owner may not write to, and follows no link", async ({ expect }) => {
  await using directory = await testDirectory("airunner");
  const tree = join(directory.path, "tree");
  const outside = join(directory.path, "outside");
  await mkdir(join(tree, "a/b"), { recursive: true });
  await mkdir(outside);
  await writeFile(join(tree, "a/b/file"), "");
  await symlink(outside, join(tree, "a/link"));
  for (const name of ["a/b", "a"]) await chmod(join(tree, name), 0o500);
  await chmod(outside, 0o500);
  await removeTree(tree);
  await expect(stat(tree)).rejects.toMatchObject({ code: "ENOENT" });
  expect((await stat(outside)).mode & 0o777).toBe(0o500);
  await removeTree(tree);
});
