// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { toOrganization, toPerson } from "./people.ts";

test("leaves out what v1 left empty", ({ expect }) => {
  expect(toPerson({ Username: "jdoe", Email: "", FirstName: "Jane", LastName: "" })).toEqual({
    username: "jdoe",
    firstName: "Jane",
  });
});

test.for([
  ["example.org", "example.org"],
  ["example.org, example.com", "example.org"],
  ["; example.org;example.com", "example.org"],
  ["", undefined],
] as const)("of the domains %j %s stands for the organization", ([Domains, domain], { expect }) => {
  expect(toOrganization("001", { Name: "Example", Domains })).toEqual({
    id: "001",
    name: "Example",
    ...(domain === undefined ? {} : { domain }),
  });
});
