// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { isAllowed } from "./allowed.ts";

test.for([
  ["MIT", true],
  ["(MIT OR GPL-3.0)", true],
  ["MIT AND ISC", true],
  ["(MIT AND AGPL-3.0)", false],
  ["GPL-2.0", false],
  ["Unknown", false],
] as const)("a dependency under %s may be shipped: %s", ([expression, allowed], { expect }) => {
  expect(isAllowed(expression)).toBe(allowed);
});
