// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { test } from "vitest";
import { normalizeArgs } from "./normalize-args.ts";

const command = new Command("x")
  .option("--watch", "")
  .option("--no-monitor", "")
  .option("--args <list>", "")
  .option("-q, --quiet", "");

test.for([
  [["--monitor=false"], ["--no-monitor"]],
  [["--monitor=true"], []],
  [["--no-monitor=false"], []],
  [["--no-monitor=true"], ["--no-monitor"]],
  [["--watch=TRUE"], ["--watch"]],
  [["--watch=0"], []],
  [["--watch=perhaps"], ["--watch=perhaps"]],
  [["--args=--watch=false"], ["--args=--watch=false"]],
  [
    ["--args", "--watch=false"],
    ["--args", "--watch=false"],
  ],
  [["--token=secret"], ["--token"]],
  [
    ["x", "--", "--watch=false"],
    ["x", "--", "--watch=false"],
  ],
  [
    ["-q", "--watch"],
    ["-q", "--watch"],
  ],
] as const)("%j is %j", ([args, expected], { expect }) => {
  expect(normalizeArgs(args, [command])).toEqual(expected);
});
