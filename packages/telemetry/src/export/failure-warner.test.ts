// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { FailureWarner } from "./failure-warner.ts";

function start() {
  const said: [object, string][] = [];
  const clock = { now: 0 };
  const warner = new FailureWarner({
    logger: { warn: (fields, message) => said.push([fields, message]) },
    secrets: ["the-secret-key"],
    now: () => clock.now,
  });
  return { said, clock, warner };
}

test("a failure is told at once, then once a minute with how often it came", ({ expect }) => {
  const { said, clock, warner } = start();
  for (const now of [0, 10_000, 59_999, 60_000, 60_001, 200_000]) {
    clock.now = now;
    warner.warn("It failed", new Error("refused"));
  }
  expect(said).toEqual([
    [{ failures: 1, reason: "refused" }, "It failed."],
    [{ failures: 3, reason: "refused" }, "It failed."],
    [{ failures: 2, reason: "refused" }, "It failed."],
  ]);
});

test("failures of different kinds do not hide each other", ({ expect }) => {
  const { said, warner } = start();
  warner.warn("One", new Error("a"));
  warner.warn("Two", "b");
  expect(said.map(([, message]) => message)).toEqual(["One.", "Two."]);
});

test("no message holds a secret or is endless", ({ expect }) => {
  const { said, warner } = start();
  const error = Object.assign(new Error(`bad key the-secret-key ${"x".repeat(5000)}`), { code: 16 });
  warner.warn("It failed at the-secret-key", error);
  const text = JSON.stringify(said);
  expect(text).not.toContain("the-secret-key");
  expect(text).toContain("(16)");
  expect(text.length).toBeLessThan(700);
});
