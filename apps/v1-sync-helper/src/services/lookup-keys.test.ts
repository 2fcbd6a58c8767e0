// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { committeeLookupKey, memberLookupKey, normalEmail } from "./lookup-keys.ts";

const uid = "7cad5a8d-19d0-41a4-81a6-043453daf9ee";

// The digests are of `printf '%s' '{uid}|{name}' | sha256sum`.
test("a committee's key is of project and exact name", ({ expect }) => {
  expect(committeeLookupKey(uid, "Technical Steering Committee")).toBe(
    "lookup/committees/b3dc22d4de917e2ca491f7da1fdcf807ba3e8bb1a7d09368861d6f8ccb01955d",
  );
  expect(committeeLookupKey(uid, "technical steering committee")).not.toBe(
    committeeLookupKey(uid, "Technical Steering Committee"),
  );
});

test("a member's key is of committee and address without regard to case and blanks", ({ expect }) => {
  const key = "lookup/committee-members/d2e305d091fe44b8f73e00a1594e77fce982b135c38c7c5dcd65c8926aec5918";
  expect(memberLookupKey(uid, "jane.doe@example.org")).toBe(key);
  expect(memberLookupKey(` ${uid} `, " Jane.DOE@Example.org ")).toBe(key);
});

test.for([
  ["ΟΔΟΣ@example.org", "οδοσ@example.org"],
  ["İz@example.org", "iz@example.org"],
  ["𐐀@example.org", "𐐨@example.org"],
] as const)("%s is lower-cased as Go does it", ([address, expected], { expect }) => {
  expect(normalEmail(address)).toBe(expected);
});
