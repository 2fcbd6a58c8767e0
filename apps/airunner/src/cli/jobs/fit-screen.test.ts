// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { fitScreen } from "./fit-screen.ts";

test("leaves out lines at the end, and the ends of lines", ({ expect }) => {
  const text = "heading\n\na row that is long\nb\nc\nd\n";
  expect(fitScreen(text, { rows: 24, columns: 80 })).toBe(text.trimEnd());
  expect(fitScreen(text, { rows: 5, columns: 12 })).toBe("heading\n\na row tha...\n… 3 more ...");
});

test("never takes more than the screen, and always begins with the heading", ({ expect }) => {
  const lines = fc.array(fc.string({ maxLength: 300, unit: fc.constantFrom("a", "b", " ") }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(
      lines,
      fc.integer({ min: 3, max: 50 }),
      fc.integer({ min: 10, max: 200 }),
      (rest, rows, columns) => {
        const shown = fitScreen(["heading", ...rest].join("\n"), { rows, columns }).split("\n");
        expect(shown[0]).toBe("heading");
        expect(shown.length).toBeLessThan(rows);
        for (const line of shown) expect(line.length).toBeLessThanOrEqual(columns);
      },
    ),
  );
});
