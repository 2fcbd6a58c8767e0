// SPDX-License-Identifier: Apache-2.0
import { chmod, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { z } from "zod";

/** Oldest Node major that runs the bundles. */
const OLDEST_NODE_MAJOR = 24;

const Manifest = z.object({ name: z.string(), bin: z.record(z.string(), z.string()) });

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

/** Bundles `src/bin/<executable>.ts` of the app in `folder` into one self-contained `dist/<executable>.mjs`. */
async function bundleExecutable(folder: string, executable: string, target: string): Promise<void> {
  const outfile = join(folder, target);
  await build({
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
    legalComments: "linked",
    logLevel: "warning",
    banner: { js: banner(executable) },
  });
  await chmod(outfile, 0o755);
}

async function bundleApp(folder: string): Promise<void> {
  const manifest = Manifest.parse(JSON.parse(await readFile(join(folder, "package.json"), "utf8")));
  await rm(join(folder, "dist"), { recursive: true, force: true });
  for (const [executable, target] of Object.entries(manifest.bin)) {
    await bundleExecutable(folder, executable, target);
    process.stdout.write(`${manifest.name}: ${basename(target)}\n`);
  }
}

await bundleApp(process.cwd());
