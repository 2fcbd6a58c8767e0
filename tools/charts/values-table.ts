// SPDX-License-Identifier: Apache-2.0
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";

interface Row {
  readonly key: string;
  readonly value: string;
  readonly description: string;
}

/**
 * A Markdown table of a values.yaml: one row per key that a comment `# -- …` stands above, by its dotted path.
 * Lines of the comment after the first are joined to it.
 *
 * @throws naming the key, when a value has a description neither of its own nor above it
 */
export function toValuesTable(valuesYaml: string): string {
  const document = parseDocument(valuesYaml);
  if (!isMap(document.contents)) throw new Error("values.yaml holds no map.");
  const rows = rowsOf(document.contents, []).map(
    ({ key, value, description }) => `| \`${key}\` | ${value} | ${description} |`,
  );
  return ["| Key | Default | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function rowsOf(map: YAMLMap, path: readonly string[]): readonly Row[] {
  return map.items.flatMap((pair, index) => {
    const key = [...path, String(isScalar(pair.key) ? pair.key.value : pair.key)];
    const comment = commentOf(pair, index === 0 ? map : undefined);
    if (comment !== undefined)
      return [{ key: key.join("."), value: defaultOf(pair), description: escape(comment) }];
    if (isMap(pair.value) && pair.value.items.length > 0) return rowsOf(pair.value, key);
    throw new Error(`values.yaml says nothing about ${key.join(".")}: put a comment "# -- …" above it.`);
  });
}

/** The comment above the first key of a map belongs to the map, to the parser. */
function commentOf(pair: Pair, firstOf: YAMLMap | undefined): string | undefined {
  const own = isScalar(pair.key) ? pair.key.commentBefore : undefined;
  const text = own ?? firstOf?.commentBefore ?? "";
  const start = text.indexOf("-- ");
  if (start === -1) return undefined;
  return text
    .slice(start + 3)
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();
}

function defaultOf({ value }: Pair): string {
  if (isScalar(value)) return value.source === undefined || value.source === "" ? "–" : `\`${value.source}\``;
  if (isMap(value) && value.items.length > 0) return "see values.yaml";
  return "none";
}

function escape(text: string): string {
  return text.replaceAll("|", String.raw`\|`);
}
