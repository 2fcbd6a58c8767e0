// SPDX-License-Identifier: Apache-2.0
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { isAddressable, SurplusList } from "./surplus-list.ts";

test.for(["a", " a ", "a/b", "#a", "t\ta", "nl␊in", "...", "a/...", ".a", "..a/b", "‛␉"])(
  "can name %j",
  (name, { expect }) => {
    expect(isAddressable(name)).toBe(true);
  },
);

test.for(["", "/a", "a/", "a//b", ".", "..", "a/./b", "../a", "a/．．", "a\nb", "a\r", "‛‛q"])(
  "cannot name %j",
  (name, { expect }) => {
    expect(isAddressable(name)).toBe(false);
  },
);

test("writes the names for its owner alone, and counts the others", async ({ expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "surplus");
  const list = new SurplusList(path, 1000);
  for (const name of ["a", "b/", " c", "d/é"]) list.add(name);
  list[Symbol.dispose]();
  list[Symbol.dispose]();
  expect(await readFile(path, "utf8")).toBe("a\n c\nd/é\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(list).toMatchObject({ count: 4, unaddressable: 1, unaddressableSample: "b/", addressable: 3 });
});

test("counts on above the limit, without writing", async ({ expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "surplus");
  using list = new SurplusList(path, 2);
  for (let index = 0; index < 100_000; index += 1) list.add(`object-${index}`);
  list[Symbol.dispose]();
  expect(list.count).toBe(100_000);
  expect(await readFile(path, "utf8")).toBe("object-0\nobject-1\n");
});

test("does not write into a file that is there already", async ({ expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "surplus");
  await writeFile(path, "planted");
  expect(() => new SurplusList(path, 1)).toThrow(/EEXIST/);
});
