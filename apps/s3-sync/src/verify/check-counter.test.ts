// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { createCheckCounter } from "./check-counter.ts";

test("counts the report of rclone's check, whatever the names are", ({ expect }) => {
  const { counts, take } = createCheckCounter();
  for (const line of ["= a", "= = b", "* - c", "+ d", "- e", "! f", "", "? g", "=h", "constructor x"])
    take(line);
  expect(counts).toEqual({
    matched: 2,
    differing: 1,
    missing_at_destination: 1,
    missing_at_source: 1,
    failed: 1,
  });
});
