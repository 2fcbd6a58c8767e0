// SPDX-License-Identifier: MIT
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { startPlatform } from "./support/platform.ts";
import { committeeKey, newId, openStates, projectKey, projectRecord } from "./support/seed.ts";

/** A platform per test: replay is about all that there is. */
const test = withServers({});

describe("replay", () => {
  test("marks every object of a kind, seen or not, and leaves what is being worked on", async ({
    expect,
  }) => {
    await using platform = await startPlatform();
    await using states = await openStates(platform);
    const objects = await platform.bucket("v1-objects");
    const [done, unseen, claimed, committee] = [newId(), newId(), newId(), newId()];
    const revision = await objects.put(projectKey(done), projectRecord(done));
    await objects.put(projectKey(unseen), projectRecord(unseen));
    await objects.put(projectKey(claimed), projectRecord(claimed));
    await objects.put(committeeKey(committee), "{}");
    await objects.put("itx-zoom-meetings-v2.1", "{}");
    const applied = { revision, at: "2026-11-20T10:00:00.000Z", action: "created", uid: "u1" } as const;
    await states.put(projectKey(done), { revision, applied });
    const held = { status: "claimed", owner: "other", revision: 99 } as const;
    await states.put(projectKey(claimed), held);

    const { code, stdout } = await platform.run(["replay", "--type", "project", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      objects: { project: 3, committee: 0, member: 0 },
      marked: 2,
      busy: 1,
      unreadable: 0,
    });
    expect(await states.get(projectKey(done))).toMatchObject({
      status: "retry",
      revision,
      applied,
      attempts: 0,
    });
    expect(await states.get(projectKey(unseen))).toMatchObject({
      status: "retry",
      reason: { code: "requested" },
    });
    expect(await states.get(projectKey(claimed))).toMatchObject(held);
    expect(await states.get(committeeKey(committee))).toBeUndefined();
  });

  test("--since takes what was written since then, its newest revision", async ({ expect }) => {
    await using platform = await startPlatform();
    await using states = await openStates(platform);
    const objects = await platform.bucket("v1-objects");
    const [old, both] = [newId(), newId()];
    await objects.put(projectKey(old), projectRecord(old));
    await objects.put(projectKey(both), projectRecord(both));
    // Times of the server, which tells of no later one until it has passed.
    const entry = await objects.get(projectKey(both));
    const since = new Date((entry?.created.getTime() ?? 0) + 1);
    while (Date.now() <= since.getTime()) await platform.connection.flush();
    const revision = await objects.put(projectKey(both), projectRecord(both));
    const { stdout } = await platform.run(["replay", "--since", since.toISOString()]);
    expect(stdout).toMatch(/^1 objects \(1 of project, .*1 are marked/);
    expect(await states.get(projectKey(both))).toMatchObject({ status: "retry", revision });
    expect(await states.get(projectKey(old))).toBeUndefined();
  });

  test("--dry-run says what differs, and neither sends nor marks anything", async ({ expect }) => {
    await using platform = await startPlatform();
    await using states = await openStates(platform);
    const objects = await platform.bucket("v1-objects");
    const mappings = await platform.bucket("v1-mappings");
    const [fresh, bad, gone] = [newId(), newId(), newId()];
    await objects.put(projectKey(fresh), projectRecord(fresh));
    await objects.put(projectKey(bad), projectRecord(bad, { slug__c: "9 lives" }));
    await objects.delete(projectKey(gone));
    await mappings.put(`project.sfid.${gone}`, "!del");
    const { code, stdout } = await platform.run(["replay", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${projectKey(fresh)}: created: POST /projects \\(name, slug`, "m"));
    expect(stdout).toMatch(new RegExp(`^${projectKey(bad)}: dead: unusable_record: .*9 lives`, "m"));
    expect(stdout).toMatch(/^3 objects .*: created 1, dead 1, ignored 1\.$|^3 objects .* once more: /m);
    for (const id of [fresh, bad, gone]) expect(await states.get(projectKey(id))).toBeUndefined();
    expect(platform.v2.record.writes).toEqual([]);
  });

  test("without anything there is nothing to do", async ({ expect }) => {
    await using platform = await startPlatform();
    const { code, stdout } = await platform.run(["replay"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^0 objects/) });
  });
});
