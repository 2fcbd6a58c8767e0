// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { exitCodeHelp, exitCodes, exitCodeTable } from "./exit-codes.ts";

test("every code that a command uses stands in the table", ({ expect }) => {
  const known = new Set(exitCodeTable.map(([code]) => code));
  for (const code of Object.values(exitCodes)) {
    const isListed = known.has(String(code)) || (code === exitCodes.failed && known.has("1 to 255"));
    expect([code, isListed]).toEqual([code, true]);
  }
  expect(exitCodeHelp().split("\n")).toHaveLength(exitCodeTable.length + 2);
});
