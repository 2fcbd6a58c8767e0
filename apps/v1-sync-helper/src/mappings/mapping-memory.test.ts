// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { MappingMemory } from "./mapping-memory.ts";

const mapped = (uid: string) => ({ state: "mapped", uid }) as const;
const deleted = { state: "deleted" } as const;

test("lets no older news take the place of newer", ({ expect }) => {
  const memory = new MappingMemory();
  const told: string[] = [];
  memory.onMapped((key) => void told.push(key));
  memory.learn("project", "p", mapped("u1"), 5);
  memory.learn("project", "p", deleted, 7);
  // The watcher comes behind what was read or written here.
  memory.learn("project", "p", mapped("u1"), 5);
  memory.learn("project", "p", mapped("u1"), 6);
  expect(memory.mapping("project", "p")).toEqual(deleted);
  expect(memory.idOf("project", "u1")).toBeUndefined();
  expect(told).toEqual(["project.sfid.p"]);
  memory.learn("project", "p", mapped("u2"), 8);
  expect(memory.idOf("project", "u2")).toBe("p");
  expect(told).toEqual(["project.sfid.p", "project.sfid.p"]);
});

test("keeps kinds apart, and members out", ({ expect }) => {
  const memory = new MappingMemory();
  memory.learn("project", "x", mapped("u"), 1);
  memory.learn("committee", "x", mapped("v"), 2);
  memory.learn("member", "x", mapped("w"), 3);
  expect(memory.mapping("project", "x")).toEqual(mapped("u"));
  expect(memory.mapping("committee", "x")).toEqual(mapped("v"));
  expect(memory.mapping("member", "x")).toBeUndefined();
  expect(memory.idOf("committee", "u")).toBeUndefined();
  memory.drop("project", "x");
  expect(memory.mapping("project", "x")).toBeUndefined();
  memory.forgetAll();
  expect(memory.mapping("committee", "x")).toBeUndefined();
});
