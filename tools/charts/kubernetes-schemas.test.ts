// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { describe, test } from "vitest";
import { toStrict, writeKubernetesSchemas } from "./kubernetes-schemas.ts";

const kinds = (...list: readonly (readonly [string, string, string])[]) =>
  list.map(([group, version, kind]) => ({ group, version, kind }));

const swagger = {
  definitions: {
    "io.k8s.api.core.v1.Secret": {
      type: "object",
      properties: { data: { type: "object" } },
      "x-kubernetes-group-version-kind": kinds(["", "v1", "Secret"]),
    },
    "io.k8s.api.networking.v1.NetworkPolicy": {
      type: "object",
      properties: {},
      "x-kubernetes-group-version-kind": kinds(["networking.k8s.io", "v1", "NetworkPolicy"]),
    },
    "io.k8s.api.core.v1.SecretKeySelector": { type: "object", properties: {} },
  },
};

describe("schemas for kubeconform", () => {
  test("stand in one file per kind, under the names that it asks for", async ({ expect }) => {
    await using directory = await testDirectory();
    const file = join(directory.path, "swagger.json");
    await writeFile(file, JSON.stringify(swagger));
    const location = await writeKubernetesSchemas(file, directory.path);
    const names = (await readdir(directory.path)).filter((name) => name !== "swagger.json");
    expect(names.sort()).toEqual(["_definitions.json", "networkpolicy-networking-v1.json", "secret-v1.json"]);
    expect(location).toBe(join(directory.path, "{{ .ResourceKind }}{{ .KindSuffix }}.json"));
    expect(JSON.parse(await readFile(join(directory.path, "secret-v1.json"), "utf8"))).toEqual({
      $ref: "_definitions.json#/definitions/io.k8s.api.core.v1.Secret",
    });
  });

  test("refuse fields that a type does not have", ({ expect }) => {
    expect(toStrict("a.Type", { type: "object", properties: { name: { type: "string" } } })).toEqual({
      type: "object",
      properties: { name: { type: "string" } },
      additionalProperties: false,
    });
  });

  test("leave maps and types without fields open", ({ expect }) => {
    const map = { type: "object", additionalProperties: { type: "string" }, properties: {} };
    expect(toStrict("a.Map", map)).toEqual(map);
    expect(toStrict("a.FreeForm", { type: "object" })).toEqual({ type: "object" });
  });

  test("take quantities as numbers too", ({ expect }) => {
    const quantity = toStrict("io.k8s.apimachinery.pkg.api.resource.Quantity", { type: "string" });
    expect(quantity).toEqual({ type: ["string", "number"] });
  });
});
