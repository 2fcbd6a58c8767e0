// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { toValuesTable } from "./values-table.ts";

const values = `# licence
# what this file is

image:
  # -- Name
  # of the image
  repository: app
  # -- Tag | digest
  tag: ""
# -- Rights
resources:
  limits: { memory: 1Gi }
# -- Names
secrets: []
`;

test("the table has a row for every key that is described, in the file's order", ({ expect }) => {
  expect(toValuesTable(values).split("\n")).toEqual([
    "| Key | Default | Meaning |",
    "| --- | --- | --- |",
    "| `image.repository` | `app` | Name of the image |",
    "| `image.tag` | – | Tag \\| digest |",
    "| `resources` | see values.yaml | Rights |",
    "| `secrets` | none | Names |",
  ]);
});

test("a key without a description is refused by its path", ({ expect }) => {
  expect(() => toValuesTable("image:\n  # -- Name\n  repository: app\n  tag: latest\n")).toThrow("image.tag");
});

test("a comment that is not a description is none", ({ expect }) => {
  expect(() => toValuesTable("# a file\nreplicas: 1\n")).toThrow("replicas");
});
