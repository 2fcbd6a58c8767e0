// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { isSameAccount, overlaps, type Side } from "./side.ts";

function place(endpoint: string, bucket: string, prefix: string, more: Partial<Side> = {}): Side {
  const credentials = { accessKeyId: "k", secretAccessKey: "s" };
  return {
    role: "source",
    endpoint: new URL(endpoint),
    bucket,
    prefix,
    region: "",
    provider: "Other",
    pathStyle: true,
    credentials,
    ...more,
  };
}

const a = "https://a.example";

test.for([
  [place(a, "b", ""), place(a, "b", ""), true],
  [place(a, "b", "x/"), place(a, "b", ""), true],
  [place(a, "b", ""), place(a, "b", "x/y/"), true],
  [place("http://a.example:443", "b", ""), place(a, "b", ""), false],
  [place("https://A.example:443", "b", ""), place(a, "b", ""), true],
  [place(a, "b", "x/"), place(a, "b", "xy/"), false],
  [place(a, "b", "x/"), place(a, "c", "x/"), false],
  [place(a, "b", ""), place("https://c.example", "b", ""), false],
] as const)("knows places that hold one another (%#)", ([first, second, expected], { expect }) => {
  expect(overlaps(first, second)).toBe(expected);
  expect(overlaps(second, first)).toBe(expected);
});

test("takes one account for one only with the same endpoint, region and key", ({ expect }) => {
  const other = { accessKeyId: "other", secretAccessKey: "s" };
  expect(isSameAccount(place(a, "b", ""), place(a, "c", ""))).toBe(true);
  expect(isSameAccount(place(a, "b", ""), place(a, "c", "", { region: "us-east-1" }))).toBe(true);
  expect(isSameAccount(place(a, "b", ""), place(a, "c", "", { region: "eu-1" }))).toBe(false);
  expect(isSameAccount(place(a, "b", ""), place(a, "c", "", { credentials: other }))).toBe(false);
  expect(isSameAccount(place(a, "b", ""), place("http://a.example", "c", ""))).toBe(false);
});
