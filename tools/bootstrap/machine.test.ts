// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { lacking } from "./machine.mjs";

const good = {
  platform: "linux" as const,
  arch: "x64" as const,
  isGlibc: true,
  nodeVersion: "20.1.0",
  hasNpx: true,
  hasPython: true,
};

test("a glibc Linux machine with Node 20, npm and Python lacks nothing", ({ expect }) => {
  expect(lacking(good, "demo")).toBeUndefined();
});

test.for([
  ["macOS", { platform: "darwin" as const }, /glibc Linux.*darwin-x64/],
  ["Alpine", { isGlibc: false }, /glibc Linux.*linux-x64 without glibc/],
  ["an unusual processor", { arch: "ppc64" as const }, /linux-ppc64/],
  ["Node 18", { nodeVersion: "18.20.0" }, /Node\.js 20 or later.*18\.20\.0/],
  ["no npm", { hasNpx: false }, /npm with npx/],
  ["no Python", { hasPython: false }, /Python 3/],
] as const)("says in one sentence what is missing on %s", ([, difference, sentence], { expect }) => {
  const said = lacking({ ...good, ...difference }, "demo");
  expect(said).toMatch(sentence);
  expect(said).not.toContain("\n");
});

test("tests run without Python, since those that need it are skipped one by one", ({ expect }) => {
  expect(lacking({ ...good, hasPython: false }, "test")).toBeUndefined();
});
