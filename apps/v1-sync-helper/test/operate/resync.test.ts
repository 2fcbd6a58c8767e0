// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import { waitFor } from "@repo/testkit";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { startPlatform } from "./support/platform.ts";
import { committeeKey, newId, openStates, projectKey, projectRecord } from "./support/seed.ts";

const test = withServers({ platform: () => startPlatform() });

describe("resync", () => {
  test("lets an object be compared once more, whatever became of it", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const objects = await platform.bucket("v1-objects");
    const id = newId();
    const revision = await objects.put(projectKey(id), projectRecord(id));
    await states.put(projectKey(id), { revision, status: "done" });
    const { code, stdout } = await platform.run(["resync", id]);
    expect(code).toBe(0);
    expect(stdout).toContain("compared with v2 by the next free instance");
    expect(await states.get(projectKey(id))).toMatchObject({ status: "retry", revision, attempts: 0 });
  });

  test("lets an object that was deleted in v2 be created again", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const objects = await platform.bucket("v1-objects");
    const mappings = await platform.bucket("v1-mappings");
    const id = newId();
    await objects.put(projectKey(id), projectRecord(id));
    await mappings.put(`project.sfid.${id}`, "!del");
    const { stdout } = await platform.run(["resync", id]);
    expect(stdout).toContain("created again: it was deleted in v2");
    expect(await states.get(projectKey(id))).toMatchObject({ status: "retry", override: "recreate" });

    await using serve = await platform.start([]);
    const mapping = await waitFor(
      async () => {
        const entry = await mappings.get(`project.sfid.${id}`);
        return entry?.string() === "!del" ? undefined : entry?.string();
      },
      { deadlineMs: 20_000, what: "the mapping of the project that was created again" },
    );
    expect(platform.v2.record.writes.map(({ uid }) => uid)).toContain(mapping);
    serve.kill("SIGTERM");
    await serve.waitForExit();
  });

  test("--adopt maps it to an object of v2, in both directions", async ({ platform, expect }) => {
    const mappings = await platform.bucket("v1-mappings");
    const objects = await platform.bucket("v1-objects");
    const [id, uid] = [newId(), randomUUID()];
    await objects.put(projectKey(id), projectRecord(id));
    expect((await platform.run(["resync", id, "--adopt", uid.toUpperCase()])).code).toBe(0);
    expect((await mappings.get(`project.sfid.${id}`))?.string()).toBe(uid);
    expect((await mappings.get(`project.uid.${uid}`))?.string()).toBe(id);
  });

  test("--adopt of an object that was deleted in v2 takes the tombstone's place", async ({
    platform,
    expect,
  }) => {
    const mappings = await platform.bucket("v1-mappings");
    const objects = await platform.bucket("v1-objects");
    const [id, uid] = [newId(), randomUUID()];
    await objects.put(projectKey(id), projectRecord(id));
    await mappings.put(`project.sfid.${id}`, "!del");
    const { code, stdout } = await platform.run(["resync", id, "--adopt", uid]);
    expect(code).toBe(0);
    expect(stdout).not.toContain("created again");
    expect((await mappings.get(`project.sfid.${id}`))?.string()).toBe(uid);
  });

  test("--adopt takes neither what is another's nor what is mapped already", async ({ platform, expect }) => {
    const mappings = await platform.bucket("v1-mappings");
    const objects = await platform.bucket("v1-objects");
    const [mine, theirs, uid] = [newId(), newId(), randomUUID()];
    await objects.put(projectKey(mine), projectRecord(mine));
    await objects.put(projectKey(theirs), projectRecord(theirs));
    expect((await platform.run(["resync", theirs, "--adopt", uid])).code).toBe(0);
    const owned = await platform.run(["resync", mine, "--adopt", uid]);
    expect(owned).toMatchObject({ code: 1, stderr: expect.stringContaining(theirs) });
    expect(await mappings.get(`project.sfid.${mine}`)).toBeNull();
    const mapped = await platform.run(["resync", theirs, "--adopt", randomUUID()]);
    expect(mapped).toMatchObject({ code: 1, stderr: expect.stringContaining(uid) });
  });

  test("an id of two kinds is both; --adopt then wants the whole key", async ({ platform, expect }) => {
    const objects = await platform.bucket("v1-objects");
    const id = newId();
    await objects.put(projectKey(id), projectRecord(id));
    await objects.put(committeeKey(id), "{}");
    const { stdout } = await platform.run(["resync", id, "--json"]);
    const keys = stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { key: string }).key);
    expect(keys).toEqual([projectKey(id), committeeKey(id)]);
    const adopted = await platform.run(["resync", id, "--adopt", randomUUID()]);
    expect(adopted).toMatchObject({ code: 2, stderr: expect.stringContaining(committeeKey(id)) });
  });

  test.for([
    [["nobody-knows-it"], 3, /nobody-knows-it/],
    [["itx-zoom-meetings-v2.1"], 2, /not synchronised/],
    [["a b"], 2, /no blanks/],
  ] as const)("refuses %j", async ([args, code, sentence], { platform, expect }) => {
    const ran = await platform.run(["resync", ...args]);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(sentence);
  });

  test("--adopt wants a uid, of members two", async ({ platform, expect }) => {
    const objects = await platform.bucket("v1-objects");
    const id = newId();
    await objects.put(`platform-community__c.${id}`, "{}");
    const { code, stderr } = await platform.run(["resync", id, "--adopt", randomUUID()]);
    expect(code).toBe(2);
    expect(stderr).toContain("{committee uid}:{member uid}");
  });
});
