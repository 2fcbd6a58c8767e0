// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, test } from "vitest";
import { bytesPerSecond, checkFaults, corrupted, delayMs, faultsOf, nextEnding } from "./fault.ts";

describe("which faults act", () => {
  test("a fault without direction acts on both, another on its own only", ({ expect }) => {
    const both = { kind: "delay", ms: 1 } as const;
    const up = { kind: "cut", direction: "up" } as const;
    expect(faultsOf("up", [both, up])).toEqual([both, up]);
    expect(faultsOf("down", [both, up])).toEqual([both]);
  });

  test("delays add up and the lowest rate counts", ({ expect }) => {
    expect(delayMs([{ kind: "delay", ms: 5 }, { kind: "cut" }, { kind: "delay", ms: 2 }])).toBe(7);
    expect(
      bytesPerSecond([
        { kind: "throttle", bytesPerSecond: 9 },
        { kind: "throttle", bytesPerSecond: 3 },
      ]),
    ).toBe(3);
    expect(bytesPerSecond([])).toBe(Number.POSITIVE_INFINITY);
  });

  test("of several endings the nearest comes first, and what has passed counts", ({ expect }) => {
    const faults = [
      { kind: "cut", afterBytes: 10 },
      { kind: "reset", afterBytes: 4 },
      { kind: "delay", ms: 1 },
    ] as const;
    expect(nextEnding(faults, 1)).toEqual({ kind: "reset", remaining: 3 });
    expect(nextEnding(faults, 100)).toEqual({ kind: "cut", remaining: 0 });
    expect(nextEnding([{ kind: "delay", ms: 1 }], 1)).toBeUndefined();
  });
});

describe("corruption", () => {
  test("turns over exactly the bytes that were named, however the stream is cut into pieces", ({
    expect,
  }) => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(50),
      fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      fc.array(fc.integer({ min: 1, max: 30 })),
      (bytes, afterBytes, everyBytes, lengths) => {
        const fault = {
          kind: "corrupt",
          afterBytes,
          ...(everyBytes === undefined ? {} : { everyBytes }),
        } as const;
        const isHit = (index: number): boolean =>
          everyBytes === undefined
            ? index === afterBytes
            : index >= afterBytes && (index - afterBytes) % everyBytes === 0;
        const expected = bytes.map((byte, index) => (isHit(index) ? byte ^ 0xff : byte));
        const pieces = cutUp(Buffer.from(bytes), lengths).map(({ piece, offset }) =>
          corrupted(piece, [fault], offset),
        );
        expect(Buffer.concat(pieces)).toEqual(Buffer.from(expected));
      },
    );
    fc.assert(property);
  });

  test("leaves the given bytes as they are", ({ expect }) => {
    const bytes = Buffer.from("abc");
    expect(corrupted(bytes, [{ kind: "corrupt" }], 0)).not.toEqual(bytes);
    expect(bytes.toString()).toBe("abc");
  });
});

test.for([
  ["a negative delay", { kind: "delay", ms: -1 }, /ms of the fault delay must be a number of at least 0/],
  ["a rate of zero", { kind: "throttle", bytesPerSecond: 0 }, /bytesPerSecond of the fault throttle/],
  ["a count that is not a number", { kind: "cut", afterBytes: Number.NaN }, /afterBytes of the fault cut/],
] as const)("refuses %s", ([, fault, message], { expect }) => {
  expect(() => checkFaults([fault])).toThrow(message);
});

/** A buffer in pieces of the given lengths; what is left over is the last piece. */
function cutUp(
  bytes: Buffer,
  lengths: readonly number[],
): { readonly piece: Buffer; readonly offset: number }[] {
  const pieces = [];
  let offset = 0;
  for (const length of [...lengths, bytes.length]) {
    pieces.push({ piece: bytes.subarray(offset, offset + length), offset });
    offset = Math.min(offset + length, bytes.length);
  }
  return pieces;
}
