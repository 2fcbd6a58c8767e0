// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from "node:os";
import { test } from "vitest";
import { SpillFile, slotBytes } from "./spill-file.ts";

test("keeps slots apart, and gives a freed one out again", async ({ expect }) => {
  await using file = new SpillFile(tmpdir());
  const [first, second] = [file.takeSlot(), file.takeSlot()];
  expect(first).not.toBe(second);
  const full = new Uint8Array(slotBytes).fill(7);
  await file.write(second, [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)]);
  await file.write(first, [full]);
  expect([...new Uint8Array(await file.read(second, 3))]).toEqual([1, 2, 3]);
  expect(full.every((byte) => byte === 7)).toBe(true);
  expect(new Uint8Array(await file.read(first, slotBytes))).toEqual(full);
  file.freeSlot(first);
  expect(file.takeSlot()).toBe(first);
  expect([first, second]).not.toContain(file.takeSlot());
});

test("fails where a slot holds less than is read, and once it is closed", async ({ expect }) => {
  const file = new SpillFile(tmpdir());
  await file.write(file.takeSlot(), [Uint8Array.of(1)]);
  await expect(file.read(0, 2)).rejects.toThrow("slot 0 of the spill file ends after 1 of 2 bytes");
  await file[Symbol.asyncDispose]();
  await file[Symbol.asyncDispose]();
  await expect(file.read(0, 1)).rejects.toThrow("the spill file is closed");
});
