// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, test } from "vitest";
import { Pieces } from "./pieces.ts";

/** Some that are kept as they are, more that are put together. */
const lengths = fc.oneof({ weight: 5, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(20_000) });
const steps = fc.array(
  fc.oneof(fc.record({ push: lengths }), fc.record({ take: fc.double({ min: 0, max: 1, noNaN: true }) })),
  { maxLength: 60 },
);

describe("Pieces", () => {
  test("gives back what was pushed, in order, and never changes it afterwards", ({ expect }) => {
    fc.assert(
      fc.property(steps, (given) => {
        const pieces = new Pieces();
        const taken: Uint8Array[] = [];
        let pushed = 0;
        for (const step of given) {
          if ("push" in step) {
            pieces.push(Uint8Array.from({ length: step.push }, () => pushed++ % 251));
          } else taken.push(pieces.take(Math.floor(pieces.length * step.take)));
        }
        taken.push(pieces.take(pieces.length));
        expect(pieces.length).toBe(0);
        const all = Buffer.concat(taken);
        expect(all).toHaveLength(pushed);
        expect(all.every((byte, index) => byte === index % 251)).toBe(true);
      }),
    );
  });

  test("does not copy a message that comes in one piece", ({ expect }) => {
    const pieces = new Pieces();
    const piece = Buffer.alloc(100);
    pieces.push(piece);
    expect(pieces.take(100).buffer).toBe(piece.buffer);
  });

  test("copies small pieces, of which there may be millions", ({ expect }) => {
    const pieces = new Pieces();
    const small = Buffer.from([1]);
    for (let count = 0; count < 20_000; count++) {
      small[0] = count % 251;
      pieces.push(small);
      // The first is kept as it is: it may be a whole message.
      if (count === 0) expect(pieces.take(1)[0]).toBe(0);
      if (count === 0) pieces.push(Buffer.from([0]));
    }
    small[0] = 255;
    expect(pieces.take(20_000).every((byte, index) => byte === index % 251)).toBe(true);
  });
});
