// SPDX-License-Identifier: Apache-2.0
import { execa } from "execa";

/** What can be mended without a person: licence headers, generated files, lint fixes, format (last, since the others write). */
const FIXES: readonly (readonly [string, ...string[]])[] = [
  ["node", "tools/licences/check-headers.ts", "--fix"],
  ["pnpm", "run", "generate"],
  ["oxlint", "--type-aware", "--fix"],
  ["biome", "check", "--write"],
];

for (const [program, ...args] of FIXES) {
  const result = await execa(program, args, { stdio: "inherit", reject: false, preferLocal: true });
  if (result.exitCode !== 0) process.exitCode = 1;
}
