// SPDX-License-Identifier: Apache-2.0
import { build } from "esbuild";
import { test } from "vitest";
import { builtins, undiciClient, zodInEnglish } from "./slimming.ts";

/** Bundles a program that may import what the packages do. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: "packages/http-retry", loader: "ts" },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    logLevel: "silent",
    plugins: [builtins, zodInEnglish, undiciClient],
  });
  return outputFiles[0]?.text ?? "";
}

test("takes Node's modules without an import, dynamic ones apart", async ({ expect }) => {
  const text = await bundle(
    'import { join } from "node:path"; import fs from "fs"; console.log(join, fs, await import("node:sqlite"));',
  );
  expect(text).not.toMatch(/^import /m);
  expect(text).toContain('process.getBuiltinModule("node:path")');
  expect(text).toContain('import("node:sqlite")');
});

test("takes undici's client and leaves its fetch", async ({ expect }) => {
  const text = await bundle('import { Pool } from "undici"; console.log(Pool);');
  expect(text).toContain("lib/dispatcher/pool.js");
  expect(text).not.toContain("lib/web/websocket");
});

test("fails by name on a part of undici that is left out", async ({ expect }) => {
  await expect(bundle('import { MockAgent } from "undici"; console.log(MockAgent);')).rejects.toThrow(
    /MockAgent/,
  );
});
