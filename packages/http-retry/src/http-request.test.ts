// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { isRepeatable, mergeHeaders } from "./http-request.ts";

test.for([
  ["a GET", { method: "GET", path: "/" }, true],
  ["a HEAD", { method: "HEAD", path: "/" }, true],
  ["a PUT", { method: "PUT", path: "/" }, true],
  ["a DELETE", { method: "DELETE", path: "/" }, true],
  ["a POST", { method: "POST", path: "/" }, false],
  ["a PATCH", { method: "PATCH", path: "/" }, false],
  ["a POST whose caller allows it", { method: "POST", path: "/", retryUnsafe: true }, true],
  ["a POST with a key", { method: "POST", path: "/", headers: { "Idempotency-Key": "1" } }, true],
] as const)("knows whether %s may be repeated", ([, request, expected], { expect }) => {
  expect(isRepeatable(request)).toBe(expected);
});

test("merges headers whatever their spelling, the later over the earlier", ({ expect }) => {
  const merged = mergeHeaders({ Accept: "a", "X-One": "1" }, undefined, { accept: ["b", "c"] });
  expect(merged).toEqual({ accept: ["b", "c"], "x-one": "1" });
});
