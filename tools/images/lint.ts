// SPDX-License-Identifier: Apache-2.0
// `pnpm check` runs this: hadolint over every Dockerfile of the repository.
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "@repo/testbed";
import { execa } from "execa";

const apps = await readdir("apps");
const candidates = apps.map((app) => join("apps", app, "Dockerfile"));
const present = await Promise.all(
  candidates.map((path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  ),
);
const dockerfiles = candidates.filter((_path, index) => present[index]);
const hadolint = await findProgram("hadolint");
if (hadolint.status === "missing") {
  process.stdout.write(`note: Dockerfiles were not checked. ${hadolint.reason}\n`);
  if (process.env["TESTBED_REQUIRE"] === "all") process.exitCode = 1;
} else if (dockerfiles.length > 0) {
  const { command, args, env } = hadolint.launch;
  const result = await execa(command, [...args, "--failure-threshold=style", ...dockerfiles], {
    env,
    stdio: "inherit",
    reject: false,
  });
  process.exitCode = result.exitCode ?? 1;
}
