// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, test } from "vitest";
import { foldLine } from "../../demo/fold-line.ts";
import { deedsOf } from "../../demo/instance-log.ts";
import { progressText } from "../../demo/progress.ts";
import { secretsIn } from "../../demo/secrets.ts";
import { readStanding } from "../../demo/status-feed.ts";

describe("a line", () => {
  test("is folded within the width and loses no letter", ({ expect }) => {
    const word = fc.string({ unit: fc.constantFrom(..."abc:é".split("")), minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(word), fc.nat(8), fc.integer({ min: 12, max: 60 }), (words, indent, width) => {
        const line = `${" ".repeat(indent)}${words.join(" ")}`;
        const folded = foldLine(line, width);
        expect(Math.max(...folded.map((part) => part.length))).toBeLessThanOrEqual(Math.max(width, indent));
        expect(folded.join("").replaceAll(" ", "")).toBe(line.replaceAll(" ", ""));
      }),
    );
  });

  test("goes on a little deeper, and the row of a table is cut", ({ expect }) => {
    expect(foldLine("  Reason: a parent is not there", 20)).toEqual([
      "  Reason: a parent",
      "      is not there",
    ]);
    expect(foldLine("key     status  reason  attempts", 20)).toEqual(["key     status  rea…"]);
  });
});

const none = { done: 0, claimed: 0, retry: 0, parked: 0, held: 0, dead: 0 };
const report = {
  pending: 3,
  in_hand: 4,
  objects: {
    project: { ...none, done: 2, dead: 1 },
    committee: { ...none, claimed: 5 },
    member: { ...none, parked: 6, retry: 7 },
  },
  instances: [{ instance: "a", claims: 5 }],
};

describe("the status", () => {
  test("is summed over all kinds", ({ expect }) => {
    expect(readStanding(JSON.stringify(report))).toEqual({
      messages: 7,
      done: 2,
      claimed: 5,
      retry: 7,
      parked: 6,
      held: 0,
      dead: 1,
      claims: new Map([["a", 5]]),
    });
    expect(readStanding(JSON.stringify({ ...report, pending: null, in_hand: null })).messages).toBe(0);
    expect(() => readStanding('{"pending":1}')).toThrow("objects");
  });

  test("is told in one line, without what is none", ({ expect }) => {
    const standing = readStanding(JSON.stringify(report));
    const text = "2 of 21 done, 5 in work, 7 to be tried again, 6 wait for a parent, 1 dead";
    expect(progressText(standing, 21, { hasBar: false })).toBe(text);
    expect(progressText(standing, 21, { hasBar: true })).toBe(`█░░░░░░░░░░░░░░░ ${text}`);
    expect(progressText({ ...standing, done: 21 }, 21, { hasBar: true })).toMatch(/^█{16} /);
  });
});

describe("what no log may hold", () => {
  test.for([
    ["a JWT", "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.e30.x"],
    ["an access token", "token jhGk2s8-dKx_1mN0pQ4rS7tUvWxYz3aBcDeFgHiJkLm was refused"],
    ["a header", "authorization: bearer abc"],
    ["a key", "-----BEGIN PRIVATE KEY-----"],
    ["an address", "member ann.bee@mail.example refused"],
    ["a given secret", "…hunter2…"],
  ] as const)("%s is found", ([, line], { expect }) => {
    expect(secretsIn(line, ["hunter2"])).toBe(true);
  });

  test.for([
    '{"key":"platform-community__c.a0B4VpPjcmpr0690AA","outcome":"applied","action":"created"}',
    '{"principal":"membership-import@clients","request":"0f8fad5b-d9cb-469f-a165-70867728950e"}',
    '{"error":"PUT /committees/0f8fad5b-d9cb-469f-a165-70867728950e/members/0f8fad5b-d9cb-469f-a165-70867728950e"}',
  ])("an ordinary line holds none: %s", (line, { expect }) => {
    expect(secretsIn(line, ["hunter2"])).toBe(false);
  });
});

test("what was adopted and what was an echo is read off the logs, by the object's own uid", ({ expect }) => {
  const lines = [
    '{"msg":"started"}',
    '{"outcome":"applied","action":"adopted","committee_uid":"c","member_uid":"m"}',
    '{"outcome":"applied","action":"created","committee_uid":"d"}',
    '{"outcome":"ignored","reason":"own_change","committee_uid":"e"}',
  ];
  const stdout = { lines };
  expect(deedsOf([{ process: { stdout } }])).toEqual({ adopted: new Set(["m"]), echoes: 1 });
});
