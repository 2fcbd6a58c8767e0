// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { allHold, describeChecks } from "./check.ts";

const exit = { what: "exit", expected: "7", actual: "7" };
const deleted = { what: "deleted", expected: "0", actual: "5" };

test("a step is as expected when each of its checks is, and there is one", ({ expect }) => {
  expect(allHold([exit])).toBe(true);
  expect(allHold([exit, deleted])).toBe(false);
  expect(allHold([])).toBe(false);
});

test("checks read as what was expected, or as what happened", ({ expect }) => {
  expect(describeChecks([exit, deleted], "actual")).toBe("exit 7, deleted 5");
  expect(describeChecks([exit, deleted], "expected")).toBe("exit 7, deleted 0");
});
