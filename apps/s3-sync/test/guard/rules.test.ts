// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { type Episode, violations } from "./rules.ts";

const contents = (text: string) =>
  new Map(
    text
      .split(" ")
      .filter(Boolean)
      .map((entry) => {
        const [key = "", etag = "1"] = entry.split(":");
        return [key, etag] as const;
      }),
  );

function episode(changes: Partial<Episode>): Episode {
  const source = changes.sourceBefore ?? contents("a b");
  return {
    limits: { maxDelete: 1, maxDeletePercent: undefined, allowEmptySource: false },
    sourceBefore: source,
    source,
    before: contents("a b c"),
    after: contents("a b"),
    exitCode: 0,
    isBlindTo: () => false,
    observations: { liedTo: new Set(), wronglyDeleted: new Set(), deletions: 0 },
    ...changes,
  };
}

test("a mirror made within the limits violates nothing", ({ expect }) => {
  expect(violations(episode({}))).toEqual([]);
});

test.for([
  [
    "an object lost that the source has",
    { after: contents("a"), exitCode: 1 },
    /lost "b", which the source has/,
  ],
  [
    "an object deleted that the source had at that moment",
    { observations: { liedTo: new Set(), wronglyDeleted: new Set(["b"]), deletions: 1 } },
    /lost "b"/,
  ],
  ["more lost than allowed", { before: contents("a b c d") }, /lost 2 objects where 1 were allowed/],
  [
    "more lost than the percentage allows",
    { limits: { maxDelete: 10, maxDeletePercent: 10, allowEmptySource: false } },
    /lost 1 objects where 0/,
  ],
  [
    "a loss to an empty source",
    { sourceBefore: contents(""), before: contents("a"), after: contents(""), exitCode: 1 },
    /empty source/,
  ],
  ["a content of nobody", { after: contents("a:9 b"), exitCode: 1 }, /neither side ever held/],
  ["a refusal that changed something", { exitCode: 7 }, /refused with exit code 7 and yet changed/],
  [
    "a plan beyond the limit carried out in part",
    { before: contents("a b c d"), after: contents("a b d"), exitCode: 1 },
    /plan of 2 was beyond the limit of 1/,
  ],
  ["a success with a stale object", { sourceBefore: contents("a:2 b") }, /"a" is missing or stale/],
  ["a success with a surplus", { after: contents("a b c") }, /"c" is surplus/],
] satisfies readonly (readonly [string, Partial<Episode>, RegExp])[])(
  "sees %s",
  ([, changes, sentence], { expect }) => {
    expect(violations(episode(changes)).join("\n")).toMatch(sentence);
  },
);

test("a listing of the source that lied excuses a false success, and no loss", ({ expect }) => {
  const observations = {
    liedTo: new Set<"source">(["source"]),
    wronglyDeleted: new Set<string>(),
    deletions: 0,
  };
  expect(violations(episode({ after: contents("a b c"), observations }))).toEqual([]);
  expect(violations(episode({ after: contents("a"), observations })).join()).toMatch(/lost "b"/);
});
