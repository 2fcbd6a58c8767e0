// SPDX-License-Identifier: Apache-2.0
import { withServers } from "@repo/testkit/vitest";
import { projectBody, setup } from "./support/lfx-v2.ts";

const test = withServers({ v2: () => setup() });

test("row 9: gives an ETag on GET only, a bare number that grows with gaps", async ({ v2, expect }) => {
  const created = await v2.call("project", "POST", "/projects", { body: projectBody(v2.lfx) });
  expect(created.status).toBe(201);
  expect(created.headers["etag"]).toBeUndefined();
  const path = `/projects/${String(created.body["uid"])}`;
  const first = await v2.call("project", "GET", path);
  expect(first.headers["etag"]).toMatch(/^[0-9]+$/);
});
