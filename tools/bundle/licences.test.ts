// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { packageFolder, thirdPartyNotices } from "./licences.ts";

test.for([
  [
    "../../node_modules/.pnpm/pino@10.4.0/node_modules/pino/lib/tools.js",
    "../../node_modules/.pnpm/pino@10.4.0/node_modules/pino",
  ],
  [
    "../../node_modules/.pnpm/x/node_modules/@smithy/core/dist/index.js",
    "../../node_modules/.pnpm/x/node_modules/@smithy/core",
  ],
  ["../../packages/jwt/src/index.ts", undefined],
] as const)("%s belongs to the package in %s", ([path, folder], { expect }) => {
  expect(packageFolder(path)).toBe(folder);
});

test("carries the licence text of each bundled package once", async ({ expect }) => {
  const text = await thirdPartyNotices([
    "tools/node_modules/esbuild/lib/main.js",
    "tools/node_modules/esbuild/lib/other.js",
    "tools/bundle/bundle.ts",
  ]);
  expect(text.match(/^esbuild \d/gm)).toHaveLength(1);
  expect(text).toContain("MIT License");
});
