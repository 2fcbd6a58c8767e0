// SPDX-License-Identifier: Apache-2.0
// `node tools/images/image.ts <app>`, which is what `turbo image` runs: builds apps/<app>/Dockerfile.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { basesFor, buildImage } from "./build-image.ts";
import { openEngine } from "./engine.ts";

const Manifest = z.object({ version: z.string() });

async function main(app: string): Promise<string | undefined> {
  const root = join(import.meta.dirname, "..", "..");
  const { version } = Manifest.parse(
    JSON.parse(await readFile(join(root, "apps", app, "package.json"), "utf8")),
  );
  const found = await openEngine();
  if (found.status === "missing") return found.reason;
  await using engine = found.engine;
  const bases = basesFor(engine.kind, process.env);
  process.stdout.write(
    `${app}: building with Docker ${engine.version} (${engine.kind} engine, ${bases} bases)\n`,
  );
  const result = await buildImage(engine, {
    root,
    app,
    tags: [`${app}:latest`, `${app}:${version}`],
    args: { VERSION: version, REVISION: await revision(root) },
    bases,
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  if (result.status === "missing") return result.reason;
  process.stdout.write(`${app}: built ${result.image} ${result.id}\n`);
  return undefined;
}

async function revision(root: string): Promise<string> {
  const { exitCode, stdout } = await execa("git", ["rev-parse", "HEAD"], { cwd: root, reject: false });
  return exitCode === 0 ? stdout : "unknown";
}

const [app] = process.argv.slice(2);
if (app === undefined) {
  process.stderr.write("Name the app whose image is wanted, e.g. node tools/images/image.ts s3-sync\n");
  process.exitCode = 2;
} else {
  const problem = await main(app);
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
}
