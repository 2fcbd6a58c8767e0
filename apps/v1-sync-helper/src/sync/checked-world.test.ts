// SPDX-License-Identifier: MIT
import { test } from "vitest";
import type { JsonObject } from "../records/json.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { checkedWorld } from "./checked-world.ts";

const path = "/committees/c1/members/m1?v=1";

test.for<[string, JsonObject]>([
  ["nothing in it", {}],
  ["another object", { uid: "m2" }],
  ["a uid that is no text", { uid: 1 }],
])("takes an answer with %s for none", async ([, body], { expect }) => {
  const world = new FakeWorld().hold(path, body);
  await expect(checkedWorld(world).get("committee", path)).rejects.toThrow(/another object/);
});

test("gives what was asked for, or that it is not there", async ({ expect }) => {
  const world = checkedWorld(new FakeWorld().hold(path, { uid: "m1", email: "a@example.org" }));
  expect(await world.get("committee", path)).toMatchObject({ body: { uid: "m1" } });
  expect(await world.get("project", "/projects/gone")).toBeUndefined();
});
