// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { createRefreshGate } from "./token-refresh.ts";

const { signal } = new AbortController();

test("renews once for all who used the same credentials", async ({ expect }) => {
  let calls = 0;
  const gate = createRefreshGate(async () => {
    calls += 1;
    await Promise.resolve();
  }, signal);
  const seen = gate.generation;
  await Promise.all([gate.renewed(seen), gate.renewed(seen), gate.renewed(seen)]);
  await gate.renewed(seen);
  expect(calls).toBe(1);
  await gate.renewed(gate.generation);
  expect(calls).toBe(2);
});

test("tries again after a renewal that failed", async ({ expect }) => {
  let calls = 0;
  const gate = createRefreshGate(() => {
    calls += 1;
    if (calls === 1) throw new Error("no token");
  }, signal);
  await expect(gate.renewed(0)).rejects.toThrow("no token");
  await gate.renewed(0);
  expect(gate.generation).toBe(1);
});
