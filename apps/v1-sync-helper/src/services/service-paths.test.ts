// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { committeePath, isUid, memberPath, pathProblem, projectPath } from "./service-paths.ts";

const uid = "7cad5a8d-19d0-41a4-81a6-043453daf9ee";
const other = "8e0b4f52-57a0-4d0f-9e3c-30c1a6f9d111";

test.for([
  ["project", "/projects"],
  ["project", projectPath(uid)],
  ["project", `${projectPath(uid)}/settings`],
  ["committee", "/committees"],
  ["committee", committeePath(uid)],
  ["committee", `${committeePath(uid)}/settings`],
  ["committee", `/committees/${uid}/members?v=1`],
  ["committee", memberPath(uid, other)],
] as const)("lets the %s service's %s through", ([service, path], { expect }) => {
  expect(pathProblem(service, path)).toBeUndefined();
});

test.for([
  ["another service's", "project", "/committees"],
  ["one without a slash", "project", "projects"],
  ["one with a query that the route does not have", "project", "/projects?v=1"],
  ["members without v=1", "committee", `/committees/${uid}/members`],
  ["members with another version", "committee", `/committees/${uid}/members?v=2`],
  ["an unknown part", "project", `/projects/${uid}/documents`],
  ["settings of everything", "project", "/projects/settings/x"],
  ["one that climbs", "project", `/projects/${uid}/../../admin`],
  ["nothing", "committee", ""],
] as const)("takes %s for a defect", ([, service, path], { expect }) => {
  expect(pathProblem(service, path)).toMatchObject({ code: "internal" });
});

test.for([
  ["a Salesforce id", "a0941000002wBz4AAE"],
  ["upper case", uid.toUpperCase()],
  ["braces", `{${uid}}`],
  ["the form of a URN", `urn:uuid:${uid}`],
  ["nothing", ""],
  ["more behind it", `${uid}x`],
  ["a line behind it", `${uid}\n`],
  ["the tombstone", "!del"],
  ["a way out", "../projects"],
] as const)("lets no uid into a path that is %s", ([, bad], { expect }) => {
  expect(isUid(bad)).toBe(false);
  expect(pathProblem("project", projectPath(bad))).toMatchObject({
    code: "missing_in_v2",
    message: expect.stringContaining("is no uid of v2"),
  });
  expect(pathProblem("committee", memberPath(uid, bad))).toMatchObject({ code: "missing_in_v2" });
  expect(pathProblem("committee", memberPath(bad, uid))).toMatchObject({ code: "missing_in_v2" });
});
