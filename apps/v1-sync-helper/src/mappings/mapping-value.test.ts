// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import { objectKinds } from "../records/object-key.ts";
import { bucketKeys, parseForwardKey } from "./bucket-keys.ts";
import { formatForward, formatReverse, parseForward, parseOwner, parseReverse } from "./mapping-value.ts";

const value = (text: string): Uint8Array => Buffer.from(text);
const uid = fc.uuid();
const id = fc.stringMatching(/^[a-zA-Z0-9-]{1,36}$/);

test.for([
  ["project", "u1", { state: "mapped", uid: "u1" }],
  ["project", " u1\n", { state: "mapped", uid: "u1" }],
  ["committee", "u2", { state: "mapped", uid: "u2" }],
  ["member", "c1:m1", { state: "mapped", uid: "m1", committeeUid: "c1" }],
  ["member", "m1", { state: "mapped", uid: "m1" }],
  ["member", ":m1", { state: "mapped", uid: "m1" }],
  ["project", "!del", { state: "deleted" }],
  ["member", "!del", { state: "deleted" }],
  ["project", "", "empty"],
  ["committee", "  ", "empty"],
  ["member", "c1:", "empty"],
] as const)("reads the mapping of a %s %j", ([kind, text, expected], { expect }) => {
  expect(parseForward(kind, value(text))).toEqual(expected);
});

test.for([
  ["project", "p1", "p1"],
  ["committee", "p1:c1", "c1"],
  ["committee", ":c1", "c1"],
  ["committee", "c1", "c1"],
  ["committee", "p1:", undefined],
  ["member", "p1:c1:0b6a", "0b6a"],
  ["project", "!del", undefined],
  ["committee", "!del", undefined],
  ["project", "", undefined],
] as const)("reads the reverse mapping of a %s %j", ([kind, text, expected], { expect }) => {
  expect(parseReverse(kind, value(text))).toBe(expected);
});

test("writes the reverse mappings as other programs read them", ({ expect }) => {
  expect(formatReverse("project", "p1", {})).toBe("p1");
  expect(formatReverse("committee", "c1", { projectId: "p1" })).toBe("p1:c1");
  expect(formatReverse("member", "m1", { projectId: "p1", committeeId: "c1", contactId: "003" })).toBe(
    "p1:c1:003",
  );
  expect(formatReverse("member", "m1", {})).toBe("::");
});

test("gives back what it writes", ({ expect }) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...objectKinds),
      uid,
      fc.option(uid, { nil: undefined }),
      (kind, own, other) => {
        const parsed = parseForward(kind, value(formatForward(kind, own, other)));
        const committee = kind === "member" && other !== undefined ? { committeeUid: other } : {};
        expect(parsed).toEqual({ state: "mapped", uid: own, ...committee });
      },
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom("project", "committee"), id, id, (kind, own, projectId) => {
      expect(parseOwner(kind, value(formatReverse(kind, own, { projectId })))).toBe(own);
    }),
  );
});

test("makes one key of each id, and gives the id back", ({ expect }) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...objectKinds),
      fc.string({ unit: "grapheme", minLength: 1 }),
      (kind, any) => {
        expect(parseForwardKey(bucketKeys.forward(kind, any))).toEqual({ kind, id: any });
      },
    ),
  );
  expect(bucketKeys.forward("member", "0b6a-1")).toBe("committee_member.sfid.0b6a-1");
  expect(bucketKeys.reverse("member", "u")).toBe("committee_member.uid.u");
  expect(bucketKeys.owner("member", "u")).toBe("committee_member.record_sfid.u");
  expect(bucketKeys.owner("committee", "u")).toBe("committee.uid.u");
  expect(parseForwardKey("v1_user.003")).toBeUndefined();
});
