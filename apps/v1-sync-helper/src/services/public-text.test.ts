// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import { publicText } from "./public-text.ts";

test.for([
  ["member jane.doe+x@mail.example.org is there", "member [e-mail address] is there"],
  ['member with email "Jané@exämple.org" exists', 'member with email "[e-mail address]" exists'],
  ["Jane <jane@example.org>, joe@example.org", "Jane <[e-mail address]>, [e-mail address]"],
  [
    'length of body.first_name must be lesser or equal than 100 but got value "Ja\\"ne" (len=120)',
    "length of body.first_name must be lesser or equal than 100 but got value [hidden] (len=120)",
  ],
  [
    'body.linkedin_profile must match the regexp "^x" but got value "in/jane"; body.public is missing',
    'body.linkedin_profile must match the regexp "^x" but got value [hidden]; body.public is missing',
  ],
  [
    'value of body.role.name must be one of "Chair", "Lead" but got value "Counsel"',
    'value of body.role.name must be one of "Chair", "Lead" but got value "Counsel"',
  ],
  ["token eyJhbGciOi.eyJzdWIi.c2ln is bad", "token [hidden] is bad"],
  ["Authorization: Bearer abcdefghijkl", "Authorization: Bearer [hidden]"],
  ["  two\n\tlines\u0000 ", "two lines"],
  ["project slug already exists", "project slug already exists"],
] as const)("%s", ([text, expected], { expect }) => {
  expect(publicText(text)).toBe(expected);
});

test("is short, on one line, and never holds an address, wherever it is cut", ({ expect }) => {
  const before = fc.string({ maxLength: 500 });
  fc.assert(
    fc.property(before, before, (head, tail) => {
      const text = publicText(`${head} somebody@example.org ${tail}`);
      expect(text.length).toBeLessThanOrEqual(400);
      expect(text).not.toMatch(/[\r\n]/);
      expect(text).not.toContain("somebody@");
    }),
  );
});
