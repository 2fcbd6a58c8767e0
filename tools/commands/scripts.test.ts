// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { findScripts, selectScripts, splitArguments } from "./scripts.ts";

const scripts = [
  { member: "jwt", path: "packages/jwt/bench/sign.bench.ts" },
  { member: "s3-sync", path: "apps/s3-sync/bench/overhead.bench.ts" },
  { member: "s3-sync", path: "apps/s3-sync/bench/memory.bench.ts" },
];

test("finds the scripts of packages and apps, and no other file", async ({ expect }) => {
  const root = await mkdtemp(join(tmpdir(), "scripts-"));
  try {
    for (const path of ["packages/a/bench", "apps/b/bench", "apps/c"])
      await mkdir(join(root, path), { recursive: true });
    for (const path of ["packages/a/bench/x.bench.ts", "apps/b/bench/y.bench.ts", "apps/b/bench/helper.ts"])
      await writeFile(join(root, path), "");
    const found = await findScripts(root, "bench", ".bench.ts");
    expect(found.map((script) => script.path.slice(root.length + 1))).toEqual([
      "packages/a/bench/x.bench.ts",
      "apps/b/bench/y.bench.ts",
    ]);
  } finally {
    await rm(root, { recursive: true });
  }
});

test.for([
  [[], 3],
  [["s3-sync"], 2],
  [["memory"], 1],
  [["jwt", "overhead"], 2],
] as const)("selects by member or by name: %j", ([wanted, count], { expect }) => {
  expect(selectScripts(scripts, wanted, ".bench.ts")).toHaveLength(count);
});

test("names what there is when nothing matches", ({ expect }) => {
  expect(() => selectScripts(scripts, ["s3sync"], ".bench.ts")).toThrow(/"s3sync".*jwt, s3-sync/);
});

test("options start at the first dash and may hold names", ({ expect }) => {
  expect(splitArguments(["--", "s3-sync", "--seed", "7"])).toEqual({
    names: ["s3-sync"],
    options: ["--seed", "7"],
  });
});
