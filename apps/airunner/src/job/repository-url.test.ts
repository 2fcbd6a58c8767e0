// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { JobError } from "./errors.ts";
import { toCloneUrl } from "./repository-url.ts";

test.for([
  ["https://github.com/example/repo.git", "https://github.com/example/repo.git"],
  ["http://127.0.0.1:8080/repo", "http://127.0.0.1:8080/repo"],
  ["git://example.com/repo", "git://example.com/repo"],
  ["ssh://git@example.com:2222/repo", "ssh://git@example.com:2222/repo"],
  ["HTTPS://example.com/repo", "HTTPS://example.com/repo"],
  ["git@github.com:example/repo.git", "git@github.com:example/repo.git"],
  ["build-box:repo", "build-box:repo"],
  ["github.com/example/repo", "https://github.com/example/repo"],
  ["localhost:8080/example/repo", "https://localhost:8080/example/repo"],
] as const)("%s is cloned from %s", ([repository, url]) => {
  expect(toCloneUrl(repository)).toBe(url);
});

test.for([
  ["file:///etc", /a scheme other than/],
  ["ftp://example.com/x", /a scheme other than/],
  ["javascript://x/y", /a scheme other than/],
  ["-u./payload", /starts with no host/],
  ["--upload-pack=x", /starts with no host/],
  ["/tmp/repo", /starts with no host/],
  ["./repo", /starts with no host/],
  ["ext::sh -c id", /spaces/],
  ["ext::sh", /start a program/],
  ["https://example.com/a b", /spaces/],
  ["https://example.com/a\nb", /control/],
  ["https:\\\\example.com\\a", /backslashes/],
  ["https://", /is no URL/],
  ["https:///path", /names no host/],
  ["https://example.com", /no path/],
  ["https://example.com/", /no path/],
  ["ssh://-oProxyCommand=x/y", /no host|no URL/],
  ["ssh://-oProxyCommand@host/y", /no host/],
  ["git@-host:x", /is no URL/],
  ["git@host:-x", /starts with a dash/],
  ["", /is no URL/],
  [`https://example.com/${"x".repeat(3_000)}`, /longer than 2048/],
] as const)("%s is refused", ([repository, why]) => {
  expect(() => toCloneUrl(repository)).toThrow(
    expect.objectContaining({ code: "invalid_request", field: "job_params.repository" }),
  );
  expect(() => toCloneUrl(repository)).toThrow(why);
});

test("a password is refused and never repeated", () => {
  expect(() => toCloneUrl("https://me:hunter2@example.com/x")).toThrow(/^(?!.*hunter2).*password/);
  expect(() => toCloneUrl("me:hunter2@example.com/x y")).toThrow(/^(?!.*hunter2)/);
});

/** The URL, or "refused". */
function cloned(repository: string): string {
  try {
    return toCloneUrl(repository);
  } catch (error) {
    if (error instanceof JobError && error.code === "invalid_request") return "refused";
    throw error;
  }
}

test("whatever passes can be given to git: no flag, no space, no program", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `git@host:${text}`),
      ),
      (repository) => {
        const url = cloned(repository);
        expect(url).toMatch(/^[A-Za-z0-9_.]/);
        expect(url).not.toMatch(/[\s\\\0]|^[\w-]*::/);
      },
    ),
    { numRuns: 1_000 },
  );
});
