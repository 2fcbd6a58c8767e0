// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { toRepositorySource, toRevision } from "./repository-source.ts";

test.for([
  ["github.com/example/repo", "https://github.com/example/repo"],
  ["https://example.com/a.git", "https://example.com/a.git"],
  ["http://example.com/a.git", "http://example.com/a.git"],
  ["git://example.com/a.git", "git://example.com/a.git"],
  ["ssh://git@example.com:2222/a.git", "ssh://git@example.com:2222/a.git"],
  ["git@example.com:a/b.git", "git@example.com:a/b.git"],
] as const)("%s is fetched from %s", ([repository, url], { expect }) => {
  expect(toRepositorySource(repository, false)).toEqual({ url, login: undefined, secrets: [] });
});

test("takes a token out of an address", ({ expect }) => {
  expect(toRepositorySource("https://to%2Fken@example.com:8443/a/b.git", false)).toEqual({
    url: "https://example.com:8443/a/b.git",
    login: ["https://to%2Fken@example.com:8443/", "https://example.com:8443/"],
    secrets: ["to%2Fken", "to/ken"],
  });
});

test.for(["file:///srv/a.git", "/srv/a.git"])(
  "takes %s only where it is allowed",
  (repository, { expect }) => {
    expect(toRepositorySource(repository, true).url).toBe(repository);
    expect(() => toRepositorySource(repository, false)).toThrow(/does not allow/);
  },
);

const id = "0123456789abcdef0123456789abcdef01234567";

test.for([
  [{ commit: "", branch: "" }, { kind: "default branch" }],
  [
    { commit: "", branch: "main" },
    { kind: "name", name: "main" },
  ],
  [
    { commit: "", branch: "refs/tags/v1.0" },
    { kind: "name", name: "v1.0" },
  ],
  [
    { commit: id.toUpperCase(), branch: "main" },
    { kind: "commit", id, isFull: true },
  ],
  [
    { commit: "0123456", branch: "main" },
    { kind: "commit", id: "0123456", isFull: false },
  ],
  [
    { commit: "012345", branch: "main" },
    { kind: "name", name: "012345" },
  ],
  [
    { commit: "v1+build_2", branch: "main" },
    { kind: "name", name: "v1+build_2" },
  ],
] as const)("%j is %j", ([params, revision], { expect }) => {
  expect(toRevision(params)).toEqual(revision);
});

test.for(["@scope/pkg@1.2.3", "fix/#12-login", "dependabot/npm_and_yarn/@types/node-24", "größe/100%"])(
  "takes %s for a name",
  (name, { expect }) => {
    expect(toRevision({ commit: "", branch: name })).toEqual({ kind: "name", name });
  },
);

test("hands git no name that it could take for an option, a range, a pattern or two", ({ expect }) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 12 }), (text) => {
      for (const params of [
        { commit: text, branch: "" },
        { commit: "", branch: text },
      ]) {
        try {
          const revision = toRevision(params);
          expect(revision.kind === "name" ? revision.name : "a").toMatch(
            /^[A-Za-z0-9_@#][A-Za-z0-9/_.+@#%=,-]*$/,
          );
          expect(revision.kind === "name" ? revision.name : "a").not.toMatch(/\.\.|@\{|^@$/);
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_reference" });
        }
      }
    }),
  );
});
