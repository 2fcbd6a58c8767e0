// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, test } from "vitest";
import { AnchorSearch, anchorsOf } from "./anchors.ts";

describe("AnchorSearch", () => {
  test("finds what includes() finds, for any anchors in any text", ({ expect }) => {
    // Few letters, so that near misses are frequent.
    const letters = fc.constantFrom("a", "b", "A", "é", "漢");
    const anchors = fc.array(fc.string({ unit: letters, minLength: 2, maxLength: 6 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(anchors, fc.string({ unit: letters, maxLength: 60 }), (texts, text) => {
        expect(new AnchorSearch(texts).occursIn(text)).toBe(texts.some((anchor) => text.includes(anchor)));
      }),
      { numRuns: 2000 },
    );
  });

  test("finds an anchor of more than 255 letters at either end of a text", ({ expect }) => {
    const anchor = "0123456789".repeat(40);
    const search = new AnchorSearch([anchor]);
    expect(
      [anchor, `${anchor}x`, `x${anchor}`, anchor.slice(1), ""].map((text) => search.occursIn(text)),
    ).toEqual([true, true, true, false, false]);
  });
});

describe("anchorsOf", () => {
  test("gives the longest plain run of a secret, and of its base64 at each offset", ({ expect }) => {
    const anchors = anchorsOf({ value: "ab/cdefgh+ij", isWhole: true });
    expect(anchors?.[0]).toBe("cdefgh");
    for (const before of ["", "x", "xy"]) {
      const text = Buffer.from(`${before}ab/cdefgh+ij?`).toString("base64");
      expect(anchors?.some((anchor) => text.includes(anchor))).toBe(true);
    }
  });

  test("gives none for a secret without a run of four letters", ({ expect }) => {
    expect(anchorsOf({ value: "a!b/c+d%e", isWhole: true })).toBeUndefined();
    expect(anchorsOf({ value: "abc/defg", isWhole: false })).toEqual(["defg"]);
  });
});
