// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { cell, cut, harmless } from "./harmless.ts";

test("leaves nothing that a terminal acts on, and ordinary text as it is", ({ expect }) => {
  expect(harmless("a\u001b[31mb\u009bc\u202ed\u2066e\u0007")).toBe("a\ufffd[31mb\ufffdc\ufffdd\ufffde\ufffd");
  expect(harmless("one\r\n\ttwo")).toBe("one two");
  expect(harmless("Grüße, 世界 🚀")).toBe("Grüße, 世界 🚀");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(harmless(text)).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
      );
    }),
  );
});

test("cells have exactly their width", ({ expect }) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 3, max: 40 }), (text, width) => {
      expect(Array.from(cell(text, width))).toHaveLength(width);
    }),
  );
  expect(cut("github.com/example/a-rather-long-name", 25)).toBe("github.com/example/a-r...");
  expect(cut("exactly 10", 10)).toBe("exactly 10");
});
