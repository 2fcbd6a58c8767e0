// SPDX-License-Identifier: MIT
import { describe, test } from "vitest";
import type { JsonObject } from "../records/json.ts";
import { changesBetween } from "./compare.ts";

describe("the same", () => {
  test.for<[string, JsonObject, JsonObject]>([
    [
      "absent, null, empty text, false, an empty list and an empty object",
      { a: null, b: "", c: false, d: [], e: {} },
      {},
    ],
    [
      "empty parts of an object",
      { role: { name: "Chair", start_date: null, end_date: "" } },
      { role: { name: "Chair" } },
    ],
    ["an object of empty parts", { organization: { id: null, name: null } }, {}],
    ["names in another order", { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }],
    ["users with empty members", { writers: [{ name: "J", avatar: "" }] }, { writers: [{ name: "J" }] }],
    ["a default and its absence", { status: "Active", role: { name: "None" } }, {}],
  ])("%s", ([, a, b], { expect }) => {
    const defaults = { status: "Active", "role.name": "None" };
    expect(changesBetween(a, b, { defaults })).toEqual([]);
    expect(changesBetween(b, a, { defaults })).toEqual([]);
  });
});

describe("different", () => {
  test.for<[string, JsonObject, JsonObject, string[]]>([
    ["values", { a: "x", b: 1 }, { a: "y", b: 1 }, ["a"]],
    ["false and true", { a: false }, { a: true }, ["a"]],
    ["zero and nothing", { a: 0 }, {}, ["a"]],
    ["lists in another order", { a: ["x", "y"] }, { a: ["y", "x"] }, ["a"]],
    ["lists with an empty item", { a: ["x", null] }, { a: ["x"] }, ["a"]],
    [
      "a part of an object",
      { role: { name: "Chair", start_date: "2024-01-01" } },
      { role: { name: "Chair" } },
      ["role.start_date"],
    ],
    ["an object that is gone", { role: { name: "Chair" } }, {}, ["role.name"]],
    ["a default in another place", { name: "Active" }, {}, ["name"]],
    ["text and an object", { a: "x" }, { a: { b: 1 } }, ["a.b"]],
  ])("%s", ([, a, b, fields], { expect }) => {
    expect(changesBetween(a, b, { defaults: { status: "Active" } }).map(({ field }) => field)).toEqual(
      fields,
    );
  });

  test("but where nobody is to look", ({ expect }) => {
    const ignored = new Set(["a", "o.x"]);
    const changes = changesBetween({ a: 1, o: { x: 1, y: 1 } }, { a: 2, o: { x: 2, y: 2 } }, { ignored });
    expect(changes).toEqual([{ field: "o.y", from: 1, to: 2 }]);
  });
});
