// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { platformProblem } from "./platform.ts";

test.for([
  [{ os: "darwin", architecture: "arm64", glibc: undefined }, /run on Linux only, and this is darwin/],
  [{ os: "linux", architecture: "x64", glibc: undefined }, /need glibc/],
  [{ os: "linux", architecture: "riscv64", glibc: "2.41" }, /this machine is riscv64/],
] as const)("says in one sentence why %j does not do", ([platform, message], { expect }) => {
  expect(platformProblem(platform)).toMatch(message);
  expect(platformProblem(platform)).toMatch(/^[^\n]+\.$/);
});

test("has nothing to say about glibc Linux on x64 and arm64", ({ expect }) => {
  expect(platformProblem({ os: "linux", architecture: "x64", glibc: "2.36" })).toBeUndefined();
  expect(platformProblem({ os: "linux", architecture: "arm64", glibc: "2.41" })).toBeUndefined();
});
