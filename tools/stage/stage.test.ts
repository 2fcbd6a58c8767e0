// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { formatBytes, formatCount, formatDuration, wrapText } from "./format.ts";
import { formatTable } from "./table.ts";

test.for([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [64_938_434, "61.9 MiB"],
] as const)("%d bytes read as %s", ([bytes, text], { expect }) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("counts have thousands set apart, durations their unit", ({ expect }) => {
  expect([formatCount(3066), formatDuration(180.4), formatDuration(3249)]).toEqual([
    "3,066",
    "180 ms",
    "3.2 s",
  ]);
});

test("wrapping loses no word and keeps to the width", ({ expect }) => {
  const word = fc.string({ unit: fc.constantFrom(..."abcdefghé".split("")), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 4, max: 40 }), (words, width) => {
      const lines = wrapText(words.join(" "), width);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(lines.join("").replaceAll(" ", "")).toBe(words.join(""));
    }),
  );
});

test("a table wraps its cells within the width, and colours do not count", ({ expect }) => {
  const lines = formatTable({
    width: 34,
    columns: [
      { title: "step", width: 6 },
      { title: "expected" },
      { title: "time", width: 6, align: "right" },
    ],
    rows: [
      ["first", "exit 0, copied 3,006", "1.2 s"],
      ["second", "exit 7", "90 ms"],
    ],
    paint: (text, row, column) => (row === 1 && column === 1 ? text.toUpperCase() : text),
  });
  expect(lines).toEqual([
    "step    expected              time",
    "──────  ──────────────────  ──────",
    "first   exit 0, copied       1.2 s",
    "        3,006",
    "",
    "second  EXIT 7               90 ms",
  ]);
});
