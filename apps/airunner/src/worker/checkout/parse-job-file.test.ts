// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { parseJobFile } from "./parse-job-file.ts";

test("reads all keys, scalars as the text that they are", ({ expect }) => {
  const text = `
# How to run the tests
command: npm
args: [test, 10, 1.10, yes, "quoted"]
environment:
  PORT: 8080
  EMPTY:
  DEBUG: true
timeout: 1h30m
processType: pipe
workingDirectory: packages/web
`;
  expect(parseJobFile(text)).toEqual({
    command: "npm",
    args: ["test", "10", "1.10", "yes", "quoted"],
    environment: { PORT: "8080", EMPTY: "", DEBUG: "true" },
    timeoutSeconds: 5_400,
    processType: "pipe",
    workingDirectory: "packages/web",
  });
});

test("needs a command and nothing else", ({ expect }) => {
  expect(parseJobFile("command: make")).toEqual({
    command: "make",
    args: [],
    environment: {},
    timeoutSeconds: undefined,
    processType: undefined,
    workingDirectory: undefined,
  });
});

test.for([
  ["600", 600],
  ["10m", 600],
  ["1500ms", 2],
] as const)("a timeout of %s is %i seconds", ([timeout, seconds], { expect }) => {
  expect(parseJobFile(`command: make\ntimeout: ${timeout}`).timeoutSeconds).toBe(seconds);
});

test.for([
  ["nothing", "", /it must consist of keys with their values/],
  ["a list", "- make", /it must consist of keys with their values/],
  ["a text", "make", /it must consist of keys with their values/],
  ["no command", "args: [x]", /"command" is missing: name the program to run/],
  ["an empty command", "command:", /"command" is empty/],
  ["a list as command", "command: [npm, test]", /"command" must be a text/],
  ["a text as args", "command: a\nargs: test", /"args" must be a list/],
  ["a map in args", "command: a\nargs: [{a: b}]", /"args\.0" must be a text/],
  ["too many args", `command: a\nargs: [${"x,".repeat(1_001)}]`, /"args" has more than 1000 entries/],
  [
    "a list as environment",
    "command: a\nenvironment: [A=b]",
    /"environment" must be names with their values/,
  ],
  [
    "a bad variable",
    "command: a\nenvironment: { 'A-B': c }",
    /"environment\.A-B" cannot be the name of a variable/,
  ],
  ["a list as a value", "command: a\nenvironment: { A: [b] }", /"environment\.A" must be a text/],
  [
    "no time",
    "command: a\ntimeout: soon",
    /"timeout" must be a number of seconds from 1 to 2147483647, or a time/,
  ],
  ["a time of nothing", "command: a\ntimeout: 0", /"timeout" must be a number of seconds/],
  ["a negative time", "command: a\ntimeout: -5", /"timeout" must be a number of seconds/],
  ["a time beyond all", "command: a\ntimeout: 99999999999", /"timeout" must be a number of seconds/],
  ["a list as time", "command: a\ntimeout: [1]", /"timeout" must be a number of seconds or a time/],
  ["an unknown process type", "command: a\nprocessType: tty", /"processType" must be pty or pipe/],
  ["an empty directory", "command: a\nworkingDirectory: ''", /"workingDirectory" is empty: leave it out/],
  [
    "an unknown key",
    "comand: a\ncommand: b",
    /"comand" is none of its keys, which are command, args, environment/,
  ],
  ["two mistakes", "args: a\ntimeout: x", /"command" is missing.*; "args" must.*; "timeout" must/],
  ["a zero byte", 'command: "a\\0b"', /"command" must not contain a zero byte/],
  ["bad YAML", "command: a\nargs: [", /not valid YAML at line 2, column \d+: /],
  ["a key twice", "command: a\ncommand: b", /not valid YAML at line 2, column 1: .*unique/],
  ["two documents", "command: a\n---\ncommand: b", /at line 2, column 1: a second document/],
  ["an alias of nothing", "command: *x", /not valid YAML/],
  [
    "aliases that multiply",
    `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nargs: [*c,*c,*c,*c]`,
    /too many or unknown aliases/,
  ],
] as const)("says what is wrong with %s", ([, text, message], { expect }) => {
  expect(() => parseJobFile(text)).toThrow(message);
  expect(() => parseJobFile(text)).toThrow(/^\.airunner\.yaml[^\n]*\.$/);
});
