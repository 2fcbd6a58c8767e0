// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";

/**
 * The protocols of the apps: lints them, generates their code, and compares them with the image of what clients
 * already speak, which is committed beside them (a git reference would not do: checkouts of CI are shallow).
 *
 * `--check` writes nothing and fails where the generated code is stale; `--accept` takes the present protocol as
 * what clients speak from now on.
 */
const protocols = [
  { folder: "apps/airunner", hasClients: true },
  // Others' messages, which the tests' receiver reads.
  { folder: "packages/testkit", hasClients: false },
];

/** Of what clients speak; binary FileDescriptorSet. */
const baseline = join("proto", "baseline.binpb");

const isCheck = process.argv.includes("--check");
const isAccepted = process.argv.includes("--accept");

async function buf(folder: string, ...args: string[]): Promise<void> {
  await execa("buf", args, { cwd: folder, preferLocal: true, localDir: folder, stdio: "inherit" });
}

/** Text of every generated file, by its path below `folder`. */
async function readGenerated(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [relative(folder, path), await readFile(path, "utf8")] as const),
    ),
  );
}

async function isUpToDate(folder: string): Promise<boolean> {
  const fresh = await mkdtemp(join(tmpdir(), "protocol-"));
  try {
    await buf(folder, "generate", "--output", fresh);
    const expected = await readGenerated(join(fresh, "src", "gen"));
    const present = await readGenerated(join(folder, "src", "gen"));
    return (
      expected.size === present.size && [...expected].every(([path, text]) => present.get(path) === text)
    );
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

for (const { folder, hasClients } of protocols) {
  await buf(folder, "lint");
  if (hasClients && isAccepted) await buf(folder, "build", "--output", baseline);
  if (hasClients) await buf(folder, "breaking", "--against", baseline);
  if (!isCheck) await buf(folder, "generate");
  else if (!(await isUpToDate(folder))) {
    process.stdout.write(
      `${folder}/src/gen is not what its protocol generates: run "pnpm proto" and commit the result.\n`,
    );
    process.exitCode = 1;
  }
}
