// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { copyFiles } from "./copied-files.ts";
import { thirdPartyNotices } from "./licences.ts";
import { loadManifest } from "./manifest.ts";
import { builtins, undiciClient, zodInEnglish } from "./slimming.ts";

/** Oldest Node major that runs the bundles. */
const OLDEST_NODE_MAJOR = 24;

/**
 * Lines before the bundle's own. The version check comes first, in syntax that Node 18 still parses (so does
 * the bundle: see `target`), because an old Node must answer with a sentence and not with a stack trace.
 */
function banner(executable: string): string {
  const sentence = `${executable} needs Node.js ${OLDEST_NODE_MAJOR} or later; this is `;
  return [
    "#!/usr/bin/env node",
    'import { createRequire as __createRequire } from "node:module";',
    `if (Number(process.versions.node.split(".")[0]) < ${OLDEST_NODE_MAJOR}) { process.stderr.write(${JSON.stringify(sentence)} + process.versions.node + ".\\n"); process.exit(1); }`,
    "const require = __createRequire(import.meta.url);",
  ].join("\n");
}

/** Bundles `src/bin/<executable>.ts` of the app in `folder` into one self-contained file in `outdir`. */
async function bundleExecutable(folder: string, executable: string, outdir: string): Promise<void> {
  const outfile = join(outdir, `${executable}.mjs`);
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [join("src", "bin", `${executable}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    // Prefers the ES module builds of libraries: their CommonJS twins drag in helpers and defeat tree shaking.
    mainFields: ["module", "main"],
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    metafile: true,
    plugins: [builtins, zodInEnglish, undiciClient],
    logLevel: "warning",
    banner: { js: banner(executable) },
  });
  const inputs = Object.keys(metafile.inputs).map((path) => join(folder, path));
  await writeFile(join(outdir, `${executable}.licences.txt`), await thirdPartyNotices(inputs));
  await chmod(outfile, 0o755);
}

/** Builds beside `dist` and moves the files in: who runs the old bundle meanwhile never sees half of a new one. */
async function bundleApp(folder: string): Promise<void> {
  const manifest = await loadManifest(folder);
  const fresh = await mkdtemp(join(folder, ".dist-"));
  try {
    for (const executable of manifest.entries) {
      await bundleExecutable(folder, executable, fresh);
      process.stdout.write(`${manifest.name}: dist/${executable}.mjs\n`);
    }
    for (const name of await copyFiles(folder, manifest, fresh))
      process.stdout.write(`${manifest.name}: dist/${name}\n`);
    const dist = join(folder, "dist");
    await mkdir(dist, { recursive: true });
    const names = await readdir(fresh);
    for (const name of names) await rename(join(fresh, name), join(dist, name));
    for (const stale of (await readdir(dist)).filter((name) => !names.includes(name)))
      await rm(join(dist, stale), { recursive: true });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

await bundleApp(process.cwd());
