// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { ProgressLines } from "./progress-lines.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("gives whole lines, and the last one at the end", ({ expect }) => {
  const lines = new ProgressLines();
  expect(lines.add(bytes("one\ntw"), 0)).toEqual(["one"]);
  expect(lines.add(bytes("o\r\n\nthree"), 0)).toEqual(["two"]);
  expect(lines.end()).toEqual(["three"]);
  expect(lines.end()).toEqual([]);
});

test("gives one version a second of a line that is written over, and always the last", ({ expect }) => {
  const lines = new ProgressLines();
  expect(lines.add(bytes("at 1%\rat 2%\rat 3%\r"), 1_000)).toEqual(["at 1%"]);
  // Only now is it known that no newline followed.
  expect(lines.add(bytes("at 50%\rat 99%\r"), 2_000)).toEqual(["at 3%"]);
  expect(lines.add(bytes("at 100%, done.\n"), 2_001)).toEqual(["at 100%, done."]);
});

test("takes colours and control characters out", ({ expect }) => {
  expect(new ProgressLines().add(bytes("\u001b[31mred\u001b[K\u0007 \tx   \n"), 0)).toEqual(["red \tx"]);
});

test("cuts a line that never ends", ({ expect }) => {
  const lines = new ProgressLines();
  for (let piece = 0; piece < 100; piece += 1) expect(lines.add(bytes("x".repeat(1_000)), 0)).toEqual([]);
  expect(lines.end()).toEqual(["x".repeat(2_000)]);
});

test("does not care where the bytes are cut", ({ expect }) => {
  const text = "ä line\r\nanother\nüü\n\nlast";
  fc.assert(
    fc.property(fc.array(fc.nat({ max: bytes(text).length })), (cuts) => {
      const lines = new ProgressLines();
      const got: string[] = [];
      let from = 0;
      for (const to of [...cuts.toSorted((a, b) => a - b), bytes(text).length]) {
        got.push(...lines.add(bytes(text).subarray(from, to), 0));
        from = to;
      }
      expect([...got, ...lines.end()]).toEqual(["ä line", "another", "üü", "last"]);
    }),
  );
});
