// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";

/** `text` with what stands between `<!-- NAME:begin … -->` and `<!-- NAME:end -->` replaced by `content`. */
export function replaceSection(text: string, name: string, content: string): string {
  const begin = new RegExp(`^<!-- ${name}:begin.*-->$`, "m").exec(text);
  const end = text.indexOf(`<!-- ${name}:end -->`);
  if (begin === null || end < begin.index) {
    throw new Error(
      `The text has no section "${name}": put <!-- ${name}:begin --> and <!-- ${name}:end --> on lines of their own.`,
    );
  }
  return `${text.slice(0, begin.index + begin[0].length)}\n\n${content.trim()}\n\n${text.slice(end)}`;
}

/**
 * Brings the generated sections of the file at `path` up to date. With `--check` among the arguments nothing is
 * written, and a file that is not up to date sets the exit code to 1 with a sentence that says how to mend it.
 */
export async function generateSections(
  path: string,
  sections: Readonly<Record<string, string>>,
): Promise<void> {
  const before = await readFile(path, "utf8");
  let after = before;
  for (const [name, content] of Object.entries(sections)) after = replaceSection(after, name, content);
  await generateFile(path, after, before);
}

/** As {@link generateSections}, for a file that is generated whole. `before` is its present text, "" when it does not exist. */
export async function generateFile(path: string, after: string, before: string): Promise<void> {
  if (after === before) return;
  if (!process.argv.includes("--check")) {
    await writeFile(path, after);
    return;
  }
  process.stdout.write(
    `${path} is not what its source generates: run "pnpm generate" and commit the result.\n`,
  );
  process.exitCode = 1;
}
