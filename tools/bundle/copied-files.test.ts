// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { copyFiles } from "./copied-files.ts";
import { loadManifest } from "./manifest.ts";

/** An app with the packages `native`, which carries no licence text, and `parent`, which carries one for both. */
const test = base.extend<{ app: string; outdir: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  app: async ({}, use) => {
    const app = await mkdtemp(join(tmpdir(), "bundle-"));
    for (const name of ["native", "parent"]) {
      const folder = join(app, "node_modules", name);
      await mkdir(folder, { recursive: true });
      await writeFile(
        join(folder, "package.json"),
        JSON.stringify({ name, version: "1.0.0", license: "MIT" }),
      );
    }
    await writeFile(join(app, "node_modules/native/code.node"), "machine code");
    await writeFile(join(app, "node_modules/parent/LICENSE"), "Copyright the parent");
    await use(app);
    await rm(app, { recursive: true });
  },
  outdir: async ({ app }, use) => {
    await mkdir(join(app, "dist"));
    await use(join(app, "dist"));
  },
});

async function copy(app: string, outdir: string, manifest: object): Promise<readonly string[]> {
  await writeFile(join(app, "package.json"), JSON.stringify({ name: "app", bin: {}, ...manifest }));
  return await copyFiles(app, await loadManifest(app), outdir);
}

test("copies a file beside the bundle, with the licence that holds for it", async ({
  app,
  outdir,
  expect,
}) => {
  const files = [{ from: "native/code.node", to: "code-x64.node", licence: "parent" }];
  expect(await copy(app, outdir, { bundle: { files } })).toEqual(["code-x64.node"]);
  expect(await readFile(join(outdir, "code-x64.node"), "utf8")).toBe("machine code");
  const notice = await readFile(join(outdir, "code-x64.node.licences.txt"), "utf8");
  expect(notice).toContain("native 1.0.0 (MIT)");
  expect(notice).toContain("Copyright the parent");
});

test("leaves out a file of an optional dependency for another platform", async ({ app, outdir, expect }) => {
  const manifest = {
    optionalDependencies: { "@scope/native-arm64": "1.0.0" },
    bundle: { files: [{ from: "@scope/native-arm64/code.node", to: "code-arm64.node" }] },
  };
  expect(await copy(app, outdir, manifest)).toEqual([]);
  expect(await readdir(outdir)).toEqual([]);
});

test("fails on a file that must be there", async ({ app, outdir, expect }) => {
  const files = [{ from: "missing/code.node", to: "code.node" }];
  await expect(copy(app, outdir, { bundle: { files } })).rejects.toThrow(/missing\/code\.node/);
});

test("lets no file leave dist", async ({ app, outdir, expect }) => {
  const files = [{ from: "native/code.node", to: "../code.node" }];
  await expect(copy(app, outdir, { bundle: { files } })).rejects.toThrow(/plain file name/);
});

test("bundles what the executables start beside the executables", async ({ app, expect }) => {
  await writeFile(
    join(app, "package.json"),
    JSON.stringify({ name: "app", bin: { main: "./dist/main.mjs" }, bundle: { entries: ["helper"] } }),
  );
  expect((await loadManifest(app)).entries).toEqual(["main", "helper"]);
});
