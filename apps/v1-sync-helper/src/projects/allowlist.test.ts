// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { FakeWorld, recordOf, subjectOf } from "../testing/fake-world.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { createProjectType } from "./project-type.ts";

const type = createProjectType({ projects: new Set(["tlf", "both"]), families: new Set(["cncf", "both"]) });

function worldWith(parentSlug?: string): FakeWorld {
  const world = new FakeWorld().map("project", "P", "uid-p");
  if (parentSlug !== undefined) world.slugs.set("uid-p", parentSlug);
  return world;
}

function plan(slug__c: string, parent_project__c: string | null, world = worldWith("cncf")) {
  return type.plan(subjectOf("project", "A"), recordOf({ name: "E", slug__c, parent_project__c }), world);
}

describe("with allowlists, a new project is created", () => {
  test.for([
    ["when its slug is on the list of projects", "TLF", null, undefined],
    ["when its slug is on the list of families", "cncf", null, undefined],
    ["when its parent is a family's", "child", "P", "cncf"],
    ["when its parent is below a family's", "grandchild", "P", "some-child"],
    ["when its parent is on both lists", "child", "P", "both"],
  ] as const)("%s", async ([, slug, parent, parentSlug], { expect }) => {
    expect((await plan(slug, parent, worldWith(parentSlug))).action).toBe("create");
  });
});

describe("with allowlists, a new project is not created", () => {
  test.for([
    ["without a parent", "other", null, undefined, /has no parent/],
    ["below a project of the list of projects", "other", "P", "tlf", /below tlf are not allowed/],
    ["below a parent that v2 lost", "other", "P", undefined, /v2 does not know its parent/],
  ] as const)("%s", async ([, slug, parent, parentSlug, message], { expect }) => {
    expect(await plan(slug, parent, worldWith(parentSlug))).toEqual({
      action: "ignore",
      reason: { code: "not_allowlisted", message: expect.stringMatching(message) },
    });
  });
});

test("a child of a project that is not in v2 yet waits", async ({ expect }) => {
  expect((await plan("other", "Q")).action).toBe("park");
});

test("a slug that cannot be looked up is no refusal", async () => {
  const world = worldWith("cncf");
  world.broken.add("slugOf");
  await expect(plan("other", "P", world)).rejects.toThrow(UnavailableError);
});

test("a project that is in v2 already is kept in step", async ({ expect }) => {
  const world = new FakeWorld().hold("/projects/u", { uid: "u", slug: "other", name: "E" });
  const subject = subjectOf("project", "A", { state: "mapped", uid: "u" });
  const updated = await type.plan(subject, recordOf({ name: "New", slug__c: "other" }), world);
  expect(updated.action).toBe("update");
});
