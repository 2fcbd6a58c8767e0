// SPDX-License-Identifier: MIT
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { type Platform, startPlatform } from "./support/platform.ts";
import { newId, projectKey, projectRecord } from "./support/seed.ts";

const test = withServers({ platform: () => startPlatform() });

/** A project that an instance has brought to v2; no instance runs afterwards. */
async function syncedProject(platform: Platform): Promise<{ readonly id: string; readonly uid: string }> {
  const id = newId();
  const objects = await platform.bucket("v1-objects");
  await objects.put(projectKey(id), projectRecord(id));
  await using serve = await platform.start([]);
  const line = await serve.stdout.waitForLine((text) => text.includes(id) && text.includes('"created"'));
  serve.kill("SIGTERM");
  await serve.waitForExit();
  const created: unknown = JSON.parse(line);
  if (typeof created !== "object" || created === null || !("project_uid" in created))
    throw new Error(`no project_uid in ${line}`);
  return { id, uid: String(created.project_uid) };
}

/** What "If it were done now" says; nothing may have changed by asking. */
async function forecastOf(platform: Platform, id: string, env: Readonly<Record<string, string>> = {}) {
  const writes = platform.v2.record.writes.length;
  const state = await platform.bucket("v1-sync-state");
  const before = (await state.get(`object.${projectKey(id)}`))?.revision;
  const { code, stdout } = await platform.run(["explain", projectKey(id)], env);
  const after = (await state.get(`object.${projectKey(id)}`))?.revision;
  const [, text = ""] = /If it were done now\n([^]*?)\n\n/.exec(stdout) ?? [];
  return { code, text, hasChanged: platform.v2.record.writes.length !== writes || before !== after };
}

describe("what would be done now", () => {
  test("somebody else's change in v2 is taken back, field by field", async ({ platform, expect }) => {
    const { id, uid } = await syncedProject(platform);
    expect((await forecastOf(platform, id)).text).toContain(`Nothing is sent: v2 says the same of ${uid}.`);
    platform.v2.model.edit("project", uid, { description: "changed in v2" });
    const { text, hasChanged } = await forecastOf(platform, id);
    expect(text).toMatch(
      new RegExp(`PUT /projects/${uid} to the project service, as svc1@clients, If-Match \\S+`),
    );
    expect(text).toContain('description: "changed in v2" → "made by a test"');
    expect(hasChanged).toBe(false);
  });

  test("an object that is in v2 and not mapped is adopted, not made again", async ({ platform, expect }) => {
    const { id, uid } = await syncedProject(platform);
    const mappings = await platform.bucket("v1-mappings");
    await mappings.purge(`project.sfid.${id}`);
    await mappings.purge(`project.uid.${uid}`);
    const { text, hasChanged } = await forecastOf(platform, id);
    expect(text).toContain(`It is in v2 already, as ${uid}, and would be mapped to it.`);
    expect(text).not.toContain("POST");
    expect(hasChanged).toBe(false);
    expect(await mappings.get(`project.sfid.${id}`)).toMatchObject({ operation: "PURGE" });
  });

  test("a delete is shown, ignored by policy, or held by the guard", async ({ platform, expect }) => {
    const { id, uid } = await syncedProject(platform);
    await (await platform.bucket("v1-objects")).delete(projectKey(id));
    const { text, hasChanged } = await forecastOf(platform, id);
    expect(text).toContain(`DELETE /projects/${uid}`);
    expect(hasChanged).toBe(false);
    expect((await forecastOf(platform, id, { DELETE_POLICY: "ignore" })).text).toContain(
      "It is left alone: deletes_ignored",
    );
    expect((await forecastOf(platform, id, { MAX_DELETES_PER_HOUR: "0" })).text).toContain(
      "It would be held for an operator",
    );
    const mapping = await (await platform.bucket("v1-mappings")).get(`project.sfid.${id}`);
    expect(mapping?.string()).toBe(uid);
  });

  test("our own client's change is left alone", async ({ platform, expect }) => {
    const id = newId();
    const objects = await platform.bucket("v1-objects");
    await objects.put(projectKey(id), projectRecord(id, { lastmodifiedbyid: "client1@clients" }));
    expect((await forecastOf(platform, id)).text).toContain("It is left alone: own_change");
  });
});
