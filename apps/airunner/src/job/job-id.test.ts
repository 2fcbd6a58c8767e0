// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { createJobIds } from "./job-id.ts";

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function timeOf(id: string): number {
  return Number.parseInt(id.replace("-", "").slice(0, 12), 16);
}

test("an id is a UUIDv7 of the clock's time", () => {
  const createId = createJobIds({ clock: { now: () => 0x0189_0a5d_ac96 } });
  const id = createId();
  expect(id).toMatch(form);
  expect(id.startsWith("01890a5d-ac96-7")).toBe(true);
});

test("ids rise, whatever the clock does, and all differ", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 3 }), { maxLength: 200 }), (jumps) => {
      let now = 1_790_000_000_000;
      const createId = createJobIds({ clock: { now: () => now } });
      const ids = jumps.map((jump) => {
        now += jump;
        return createId();
      });
      expect(ids.every((id) => form.test(id))).toBe(true);
      expect(ids.toSorted()).toEqual(ids);
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

test("more ids in one millisecond than it can count borrow from the next ones", () => {
  const createId = createJobIds({ clock: { now: () => 1_000 } });
  const ids = Array.from({ length: 20_000 }, createId);
  expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? ""))).toBe(true);
  expect(timeOf(ids.at(-1) ?? "")).toBeLessThan(1_000 + 12);
});

test("what is not time or count is random", () => {
  const createId = createJobIds({ clock: { now: () => 1_000 }, fillRandom: (bytes) => bytes.fill(0xff) });
  expect([createId(), createId()]).toEqual([
    "00000000-03e8-77ff-bfff-ffffffffffff",
    "00000000-03e8-7800-bfff-ffffffffffff",
  ]);
  const own = createJobIds({ clock: { now: () => 1_000 } });
  const tails = new Set(Array.from({ length: 2_000 }, () => own().slice(19)));
  expect(tails.size).toBe(2_000);
});
