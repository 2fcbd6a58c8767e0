// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { type Draft, readField, without, writeField } from "./field-path.ts";

test("a path leads into objects, which are made on the way and replaced, not changed", ({ expect }) => {
  const role = { name: "Chair" };
  const body: Draft = { role };
  writeField(body, "role.start_date", "2024-01-01");
  writeField(body, "organization.name", "Example Inc");
  expect(body).toEqual({
    role: { name: "Chair", start_date: "2024-01-01" },
    organization: { name: "Example Inc" },
  });
  expect(role).toEqual({ name: "Chair" });
  expect(readField(body, "role.start_date")).toBe("2024-01-01");
  expect(readField(body, "role.start_date.year")).toBeUndefined();
});

test("nothing is made for what is taken away", ({ expect }) => {
  const body: Draft = { name: "Example" };
  writeField(body, "voting.status", undefined);
  writeField(body, "name", undefined);
  expect(body).toEqual({});
});

test("only own fields are read", ({ expect }) => {
  expect(readField({}, "constructor.name")).toBeUndefined();
  expect(without({ uid: "x", name: "Example" }, ["uid"])).toEqual({ name: "Example" });
});
