// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { normalizeArgs } from "./normalize-args.ts";

test.for([
  [["-d"], ["--debug"]],
  [["-d=false"], ["--no-debug"]],
  [["--d=TRUE"], ["--debug"]],
  [
    ["-p", "8081"],
    ["--port", "8081"],
  ],
  [["-p=8081"], ["--port=8081"]],
  [
    ["-bind", "127.0.0.1"],
    ["--bind", "127.0.0.1"],
  ],
  [["-bind=*"], ["--bind=*"]],
  [["--bind=*"], ["--bind=*"]],
  [
    ["serve", "-dry"],
    ["serve", "-dry"],
  ],
  [
    ["explain", "--", "-d"],
    ["explain", "--", "-d"],
  ],
] as const)("%j is %j", ([given, wanted], { expect }) => {
  expect(normalizeArgs(given)).toEqual(wanted);
});
