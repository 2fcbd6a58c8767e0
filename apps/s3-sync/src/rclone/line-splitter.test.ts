// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { createLineSplitter } from "./line-splitter.ts";

function split(chunks: readonly Uint8Array[], maxBytes?: number): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line), maxBytes);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

/** Cuts at arbitrary places, also inside a character of several bytes. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [...sorted, bytes.length].map((end, index) =>
    bytes.subarray(index === 0 ? 0 : sorted[index - 1], end),
  );
}

test("gives the same lines however the stream is cut", ({ expect }) => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, places) => {
      const text = lines.map((line) => `${line}\n`).join("");
      const bytes = Buffer.from(text.toWellFormed());
      expect(split(cut(bytes, places))).toEqual(lines.map((line) => line.toWellFormed()));
    }),
  );
});

test("hands over a last line without a line break", ({ expect }) => {
  expect(split([Buffer.from("a\nb")])).toEqual(["a", "b"]);
  expect(split([Buffer.from("a\n\nb\n")])).toEqual(["a", "", "b"]);
});

test("cuts a line that is too long, in one chunk or many, and finds the next", ({ expect }) => {
  const long = Buffer.from(`${"x".repeat(100)}\nnext\n`);
  expect(split([long], 10)).toEqual(["x".repeat(10), "next"]);
  expect(split(cut(long, [3, 30, 60, 99, 100]), 10)).toEqual(["x".repeat(10), "next"]);
});
