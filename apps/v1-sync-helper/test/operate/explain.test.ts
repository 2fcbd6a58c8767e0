// SPDX-License-Identifier: MIT
import { freePort } from "@repo/testkit";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { startPlatform } from "./support/platform.ts";
import { committeeKey, newId, openStates, projectKey, projectRecord } from "./support/seed.ts";

const test = withServers({ platform: () => startPlatform() });

describe("explain", () => {
  test("shows the very call with each field, and whose name it goes in", async ({ platform, expect }) => {
    const objects = await platform.bucket("v1-objects");
    const [id, editor] = [newId(), "0034100001AbcdeAAF"];
    platform.v1.users.set(editor, { Username: "jdoe", Email: "jane@example.org" });
    await objects.put(projectKey(id), projectRecord(id, { lastmodifiedbyid: editor }));
    const { code, stdout } = await platform.run(["explain", id]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${projectKey(id)} (project)`);
    expect(stdout).toContain("jdoe <jane@example.org> (person)");
    expect(stdout).toContain("POST /projects to the project service, as jdoe");
    expect(stdout).toContain(`slug: (none) → "p-${id.toLowerCase()}"`);
    expect(stdout).toMatch(/description__c +"made by a test"/);
    expect(stdout).not.toMatch(/eyJ[\w-]+\./);
    expect(platform.v2.record.writes).toEqual([]);
    expect(await (await platform.bucket("v1-mappings")).get(`project.sfid.${id}`)).toBeNull();
  });

  test("follows the chain of parents up to the cause", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const objects = await platform.bucket("v1-objects");
    const [cause, middle, committee] = [newId(), newId(), newId()];
    await objects.put(projectKey(cause), projectRecord(cause));
    await objects.put(projectKey(middle), projectRecord(middle, { parent_project__c: cause }));
    await objects.put(
      committeeKey(committee),
      JSON.stringify({ sfid: committee, mailing_list__c: "TAC", project_name__c: middle }),
    );
    await states.put(projectKey(cause), {
      status: "dead",
      reason: { code: "refused_by_service", message: "The slug is too long." },
    });
    await states.put(projectKey(middle), {
      status: "parked",
      waitsFor: [`project.sfid.${cause}`],
      reason: { code: "parent_unmapped", message: "Its parent is not there." },
    });
    const { stdout } = await platform.run(["explain", committee]);
    expect(stdout).toMatch(
      new RegExp(
        `project_name__c → ${projectKey(middle)}: not in v2; parked: parent_unmapped: .*\\n.*parent_project__c → ${projectKey(cause)}: not in v2; dead: refused_by_service: The slug is too long`,
      ),
    );
  });

  test("parents that name each other do not go on for ever", async ({ platform, expect }) => {
    const objects = await platform.bucket("v1-objects");
    const [one, two] = [newId(), newId()];
    await objects.put(projectKey(one), projectRecord(one, { parent_project__c: two }));
    await objects.put(projectKey(two), projectRecord(two, { parent_project__c: one }));
    expect((await platform.run(["explain", one])).code).toBe(0);
  });

  test("without services and settings it tells the rest, and why not that", async ({ platform, expect }) => {
    const objects = await platform.bucket("v1-objects");
    const id = newId();
    await objects.put(projectKey(id), projectRecord(id));
    const natsAlone = Object.fromEntries(Object.keys(platform.env).map((name) => [name, undefined]));
    const bare = await platform.run(["explain", id], { ...natsAlone, NATS_URL: platform.nats.url });
    expect(bare.code).toBe(0);
    expect(bare.stdout).toMatch(
      /If it were done now\n {2}could not be told: The environment is not usable: PROJECT_SERVICE_URL/,
    );
    expect(bare.stdout).toContain("It is not mapped to anything in v2.");
    expect(bare.stdout).toMatch(/description__c +"made by a test"/);

    const away = `http://127.0.0.1:${await freePort()}`;
    await objects.put(projectKey(id), projectRecord(id, { lastmodifiedbyid: "0034100001Nobody1AF" }));
    const alone = await platform.run(["explain", id, "--json"], {
      AUTH0_TOKEN_URL: `${away}/oauth/token`,
      PROJECT_SERVICE_URL: away,
      REQUEST_TIMEOUT_SECONDS: "1",
    });
    expect(alone.code).toBe(0);
    expect(JSON.parse(alone.stdout)).toMatchObject({
      key: projectKey(id),
      record: { value: { content: "alive", columns: { sfid: id } } },
      mapping: { value: { state: "absent" } },
      author: { unknown: expect.any(String) },
    });
  });

  test("a value that cannot be read and a key that was deleted", async ({ platform, expect }) => {
    const objects = await platform.bucket("v1-objects");
    const [empty, deleted] = [newId(), newId()];
    await objects.put(projectKey(empty), new Uint8Array());
    await objects.put(projectKey(deleted), projectRecord(deleted));
    await objects.delete(projectKey(deleted));
    const unusable = await platform.run(["explain", projectKey(empty)]);
    expect(unusable.stdout).toContain("not readable. The value has no bytes");
    expect(unusable.stdout).toContain("It cannot be done: empty_value");
    const gone = await platform.run(["explain", projectKey(deleted)]);
    expect(gone.stdout).toContain("deleted in v1.");
    expect(gone.stdout).toContain("never_in_v2");
    const nothing = await platform.run(["explain", projectKey("nobody-knows-it")]);
    expect(nothing).toMatchObject({ code: 3, stdout: expect.stringContaining("no such key in v1-objects") });
  });
});
