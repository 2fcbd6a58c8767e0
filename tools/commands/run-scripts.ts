// SPDX-License-Identifier: Apache-2.0
// `pnpm demo:run | bench | chaos [member …] [--options]`: runs the scripts of that kind that the members have.
import { execa } from "execa";
import { findScripts, selectScripts, splitArguments } from "./scripts.ts";

const [kind = "", ...args] = process.argv.slice(2);
const suffix = `.${kind}.ts`;
const { names, options } = splitArguments(args);
try {
  const scripts = selectScripts(await findScripts(".", kind, suffix), names, suffix);
  for (const script of scripts) {
    process.stdout.write(`\n▸ ${script.path}\n`);
    const result = await execa("node", [script.path, ...options], {
      stdio: "inherit",
      reject: false,
      preferLocal: true,
    });
    if (result.exitCode !== 0) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
