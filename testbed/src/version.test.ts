// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { compareVersions, versionIn } from "./version.ts";

test.for([
  ["nats-server: v2.15.1", "2.15.1"],
  ["go version go1.26.8 linux/amd64", "1.26.8"],
  ["rclone v1.60.1-DEV\n- os/version: debian 12.11", "1.60.1"],
  ["version 8000GB 4.48 pypi linux amd64", "4.48"],
  ["postgres (PostgreSQL) 18.4", "18.4"],
  ["Version  : git", undefined],
] as const)("reads the version of %j", ([text, version], { expect }) => {
  expect(versionIn(text)).toBe(version);
});

test("orders versions by their numbers, not by their letters", ({ expect }) => {
  const sorted = ["1.9", "1.60.1", "1.75", "1.60", "2.0"].sort(compareVersions);
  expect(sorted).toEqual(["1.9", "1.60", "1.60.1", "1.75", "2.0"]);
});

test("is an order: equal to itself with zeros appended, and the other way round when swapped", ({
  expect,
}) => {
  const version = fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(compareVersions(a, `${a}.0`)).toBe(0);
      expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
    }),
  );
});
