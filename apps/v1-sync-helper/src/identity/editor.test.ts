// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { isLookupId, isUsableIdentifier, parseEditor } from "./editor.ts";

test.for([
  ["a machine", "svc1@clients", { kind: "machine", name: "svc1" }],
  ["a machine with a long id", "Rk5PfX9z-_.~abc@clients", { kind: "machine", name: "Rk5PfX9z-_.~abc" }],
  ["a contact", "0034100001XyZaaAAF", { kind: "person", id: "0034100001XyZaaAAF" }],
  ["a lead", "00Q4100001XyZaaAAF", { kind: "person", id: "00Q4100001XyZaaAAF" }],
  [
    "a v1 platform id",
    "5f0c2a9e-1111-4222-8333-123456789abc",
    { kind: "person", id: "5f0c2a9e-1111-4222-8333-123456789abc" },
  ],
  ["an id with blanks around", "  jdoe ", { kind: "person", id: "jdoe" }],
  ["an id with characters of paths", "a/b?c#d", { kind: "person", id: "a/b?c#d" }],
] as const)("reads %s", ([, text, expected], { expect }) => {
  expect(parseEditor(text)).toEqual(expected);
});

test.for([
  ["nothing", undefined],
  ["an empty text", ""],
  ["blanks", " \t "],
  ["the platform", "platform"],
  ["a user of Salesforce", "00541000001AbCdAAK"],
  ["a queue of Salesforce", "00G41000001AbCdAAK"],
  ["a machine without a name", "@clients"],
  ["a machine with a space in its name", "my machine@clients"],
  ["a machine whose name would break a header", "x\r\nevil: 1@clients"],
  ["a machine with a second @", "a@b@clients"],
  ["a machine of another script", "müller@clients"],
  ["a control character", "a\u0000b"],
  ["half a surrogate pair", "a\uD800"],
  ["a step up in a path", ".."],
  ["a text longer than any id", "x".repeat(129)],
] as const)("knows that %s is no person", ([, text], { expect }) => {
  expect(parseEditor(text)).toEqual({ kind: "nobody", why: expect.stringMatching(/\S/) });
});

test.for([
  ["jdoe", true],
  ["a", true],
  ["o'brien+x", true],
  ["auth0|jdoe", true],
  ["x".repeat(128), true],
  ["", false],
  ["jane doe", false],
  ["jane@example.org", false],
  ["x@clients", false],
  ["j\tdoe", false],
  ["j\ndoe", false],
  ["j\u007fdoe", false],
  ["jürgen", false],
  ["x".repeat(129), false],
] as const)("a username %j is usable in v2: %s", ([name, isUsable], { expect }) => {
  expect(isUsableIdentifier(name)).toBe(isUsable);
});

test.for([
  ["…", true],
  ["a b", true],
  ["x".repeat(128), true],
  ["", false],
  [".", false],
  ["..", false],
  ["a\nb", false],
] as const)("v1 can be asked for %j: %s", ([id, canBe], { expect }) => {
  expect(isLookupId(id)).toBe(canBe);
});
