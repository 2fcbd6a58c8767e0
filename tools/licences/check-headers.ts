// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { trackedFiles } from "../workspace/tracked-files.ts";
import { expectedHeader, hasHeader, withHeader } from "./headers.ts";

const fix = process.argv.includes("--fix");
const missing: string[] = [];
for (const path of await trackedFiles()) {
  const header = expectedHeader(path);
  if (header === undefined) continue;
  const text = await readFile(path, "utf8");
  if (hasHeader(text, header)) continue;
  if (fix) await writeFile(path, withHeader(text, header));
  else missing.push(`${path}: the first line must be ${JSON.stringify(header)}`);
}
if (missing.length > 0) {
  process.stdout.write(`${missing.join("\n")}\n`);
  process.exitCode = 1;
}
