// SPDX-License-Identifier: Apache-2.0
import { basename, extname } from "node:path";

/** Folders whose licence is not the repository's Apache-2.0; the longest matching folder decides. */
const LICENCE_OF_FOLDER: readonly (readonly [folder: string, licence: string])[] = [
  ["apps/v1-sync-helper/", "MIT"],
  ["charts/lfx-v1-sync-helper/", "MIT"],
];

const SLASHES = new Set([".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".proto", ".go"]);
const HASHES = new Set([".sh", ".yaml", ".yml", ".py", ".tf"]);

/** Files that others write or that cannot carry a comment. */
const EXEMPT = [/(^|\/)pnpm-lock\.yaml$/, /\/src\/gen\//, /(^|\/)\.changeset\//, /\/vectors\//];

/** The licence that a file's header must name, by the folder it is in. */
export function licenceOf(path: string): string {
  return LICENCE_OF_FOLDER.find(([folder]) => path.startsWith(folder))?.[1] ?? "Apache-2.0";
}

/** The header line a file must carry, or `undefined` when its kind carries none. */
export function expectedHeader(path: string): string | undefined {
  if (EXEMPT.some((pattern) => pattern.test(path))) return undefined;
  const extension = extname(path);
  const text = `SPDX-License-Identifier: ${licenceOf(path)}`;
  if (SLASHES.has(extension)) return `// ${text}`;
  // A template's comment must not reach the rendered manifest.
  if (path.includes("/templates/") && (HASHES.has(extension) || extension === ".tpl"))
    return `{{- /* ${text} */ -}}`;
  if (HASHES.has(extension) || /^Dockerfile|\.Dockerfile$/.test(basename(path)) || path === ".ci/run")
    return `# ${text}`;
  return undefined;
}

/** Whether `text` carries `header` in its first line, or in the second after a shebang. */
export function hasHeader(text: string, header: string): boolean {
  const [first = "", second = ""] = text.split("\n", 2);
  return (first.startsWith("#!") ? second : first) === header;
}

/** `text` with `header` put where {@link hasHeader} looks for it. */
export function withHeader(text: string, header: string): string {
  if (hasHeader(text, header)) return text;
  if (!text.startsWith("#!")) return `${header}\n${text}`;
  const end = text.indexOf("\n") + 1;
  return `${text.slice(0, end)}${header}\n${text.slice(end)}`;
}
