// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const GroupVersionKind = z.object({ group: z.string(), version: z.string(), kind: z.string() });
const Swagger = z.object({ definitions: z.record(z.string(), z.record(z.string(), z.json())) });

/** Where a type of the description is, in the file that all kinds share. */
const shared = "_definitions.json";
/** Types that the description calls strings, and that manifests may write as numbers. */
const numberOrString = new Set([
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
  "io.k8s.apimachinery.pkg.api.resource.Quantity",
]);

/**
 * Writes JSON schemas for kubeconform into `folder`, made from the API description that the server is built from.
 * They are strict: a field that a kind does not have is an error.
 *
 * @returns the value for `-schema-location`
 */
export async function writeKubernetesSchemas(swaggerFile: string, folder: string): Promise<string> {
  const { definitions } = Swagger.parse(JSON.parse(await readFile(swaggerFile, "utf8")));
  const strict = Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, toStrict(name, definition)]),
  );
  await writeFile(join(folder, shared), JSON.stringify({ definitions: strict }));
  for (const [name, definition] of Object.entries(definitions)) {
    for (const file of fileNames(definition)) {
      await writeFile(join(folder, file), JSON.stringify({ $ref: `${shared}#/definitions/${name}` }));
    }
  }
  return join(folder, "{{ .ResourceKind }}{{ .KindSuffix }}.json");
}

/** Names that kubeconform asks for: `cronjob-batch-v1.json`, `secret-v1.json`. A type can be of several kinds. */
function fileNames(definition: Readonly<Record<string, unknown>>): readonly string[] {
  const kinds = z.array(GroupVersionKind).safeParse(definition["x-kubernetes-group-version-kind"]);
  if (!kinds.success) return [];
  return kinds.data.map(({ group, version, kind }) => {
    // kubeconform takes the first word of a group: networking.k8s.io is networking.
    const parts = [kind, group.split(".")[0] ?? "", version].filter((part) => part !== "");
    return `${parts.join("-").toLowerCase()}.json`;
  });
}

/** A definition in which unknown fields are errors, and whose references point into the shared file. */
export function toStrict(name: string, definition: Readonly<Record<string, Json>>): Json {
  if (numberOrString.has(name)) return { type: ["string", "number"] };
  const isClosed = "properties" in definition && !("additionalProperties" in definition);
  return { ...definition, ...(isClosed ? { additionalProperties: false } : {}) };
}
