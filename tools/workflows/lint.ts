// SPDX-License-Identifier: Apache-2.0
// `pnpm check` runs this: every action pinned, and actionlint over the GitHub workflows.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "@repo/testbed";
import { execa } from "execa";
import { unpinnedActions } from "./actions.ts";

const folder = join(".github", "workflows");
for (const name of await readdir(folder)) {
  for (const action of unpinnedActions(await readFile(join(folder, name), "utf8"))) {
    process.stdout.write(`${join(folder, name)}: pin ${action} to one exact version, such as @v1.2.3.\n`);
    process.exitCode = 1;
  }
}
const actionlint = await findProgram("actionlint");
if (actionlint.status === "missing") {
  process.stdout.write(`note: workflows were checked for pins only. ${actionlint.reason}\n`);
  if (process.env["TESTBED_REQUIRE"] === "all") process.exitCode = 1;
} else {
  const { exitCode } = await execa(actionlint.path, [], { stdio: "inherit", reject: false });
  if (exitCode !== 0) process.exitCode = 1;
}
