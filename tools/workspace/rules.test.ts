// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import type { Member } from "./members.ts";
import { catalogProblems, memberProblems, rootReferenceProblems } from "./rules.ts";

function member(
  folder: string,
  changes: Partial<Member["manifest"]> = {},
  references: readonly string[] = [],
): Member {
  const manifest = {
    name: `@repo/${folder}`,
    private: true,
    license: "Apache-2.0",
    bin: {},
    dependencies: {},
    devDependencies: {},
    optionalDependencies: {},
    ...changes,
  };
  return { folder, manifest, references };
}

test("a member that follows the rules has no problem", ({ expect }) => {
  const http = member("http");
  const app = member("app", { dependencies: { "@repo/http": "workspace:*", undici: "catalog:" } }, ["http"]);
  expect(memberProblems(app, [http, app])).toEqual([]);
});

test.for([
  ["a public manifest", member("a", { private: false }), /"private": true/],
  ["no licence", member("a", { license: "" }), /"license"/],
  [
    "a version outside the catalog",
    member("a", { dependencies: { undici: "^8.0.0" } }),
    /undici as "catalog:", not "\^8\.0\.0"/,
  ],
  [
    "a workspace version that is not a link",
    member("a", { devDependencies: { "@repo/b": "catalog:" } }),
    /@repo\/b as "workspace:\*"/,
  ],
  ["a missing reference", member("a", { dependencies: { "@repo/b": "workspace:*" } }), /must reference b/],
  ["a reference too many", member("a", {}, ["b"]), /references b, which its package.json does not/],
] as const)("reports %s", ([, broken, sentence], { expect }) => {
  const problems = memberProblems(broken, [broken, member("b")]);
  expect(problems.join("\n")).toMatch(sentence);
});

test("reports a project that the root does not build and a version that is a range", ({ expect }) => {
  expect(rootReferenceProblems(["a"], [member("a"), member("b")])).toEqual([
    "tsconfig.json must reference b.",
  ]);
  expect(catalogProblems({ pg: "8.23.1", "a-beta": "1.0.0-beta.17", zod: "^4.6.7" })).toEqual([
    'pnpm-workspace.yaml must pin zod to one exact version, not "^4.6.7".',
  ]);
});
