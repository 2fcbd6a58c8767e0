// SPDX-License-Identifier: MIT
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { startPlatform } from "./support/platform.ts";
import { committeeKey, newId, openStates, projectKey } from "./support/seed.ts";

const test = withServers({ platform: () => startPlatform() });

const refused = {
  code: "refused_by_service",
  message: "The project service refused it: slug is too long.",
  status: 400,
  call: "POST /projects",
} as const;

describe("dlq list", () => {
  test("shows what is dead or held with its reason, and nothing else", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const [dead, held, parked, done] = [newId(), newId(), newId(), newId()];
    await states.put(projectKey(dead), { status: "dead", attempts: 3, reason: refused });
    await states.put(committeeKey(held), {
      status: "held",
      reason: { code: "deletes_guarded", message: "100 deletes within the last hour." },
    });
    await states.put(projectKey(parked), { status: "parked", reason: refused });
    await states.put(projectKey(done), {});
    const { code, stdout } = await platform.run(["dlq", "list"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${projectKey(dead)} +dead +refused_by_service +3 `));
    expect(stdout).toContain("slug is too long");
    expect(stdout).toMatch(new RegExp(`${committeeKey(held)} +held +deletes_guarded`));
    expect(stdout).not.toContain(parked);
    expect(stdout).not.toContain(done);
  });

  test("chooses by reason and type, in JSON one object a line", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const [one, other] = [newId(), newId()];
    await states.put(projectKey(one), { status: "dead", reason: { code: "taken", message: "Taken." } });
    await states.put(committeeKey(other), { status: "dead", reason: { code: "taken", message: "Taken." } });
    const { stdout } = await platform.run([
      "dlq",
      "list",
      "--reason",
      "taken",
      "--type",
      "project",
      "--json",
    ]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      expect.objectContaining({
        key: projectKey(one),
        status: "dead",
        reason: { code: "taken", message: "Taken." },
      }),
    ]);
  });

  test("lists a record that cannot be read, rather than failing or hiding it", async ({
    platform,
    expect,
  }) => {
    const key = projectKey(newId());
    const bucket = await platform.bucket("v1-sync-state");
    await bucket.put(`object.${key}`, '{"status":"somehow"}');
    const { code, stdout } = await platform.run(["dlq", "list"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${key} +unreadable`));
    const retried = await platform.run(["dlq", "retry", key]);
    expect(retried.code).toBe(3);
    await bucket.purge(`object.${key}`);
  });
});

describe("dlq retry", () => {
  test("lets a dead object be tried at once, with its attempts anew", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const id = newId();
    const applied = { revision: 4, at: "2026-11-20T10:00:00.000Z", action: "created", uid: "u1" } as const;
    await states.put(projectKey(id), {
      status: "dead",
      revision: 9,
      attempts: 12,
      reason: refused,
      applied,
      unsettled: true,
    });
    const { code, stdout } = await platform.run(["dlq", "retry", id]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${projectKey(id)}: tried again\n`);
    const state = await states.get(projectKey(id));
    expect(state).toMatchObject({
      status: "retry",
      revision: 9,
      attempts: 0,
      reason: { code: "requested" },
      applied,
      unsettled: true,
    });
    expect(Date.parse(state?.nextAt ?? "")).toBeLessThanOrEqual(Date.now());
  });

  test("lets a held delete go", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const id = newId();
    await states.put(projectKey(id), {
      status: "held",
      reason: { code: "deletes_guarded", message: "Held." },
    });
    expect((await platform.run(["dlq", "retry", id])).code).toBe(0);
    expect(await states.get(projectKey(id))).toMatchObject({ status: "retry", override: "delete" });
  });

  test("leaves alone what is neither dead nor held, and says so", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const id = newId();
    await states.put(projectKey(id), { status: "parked", reason: refused });
    const { code, stdout } = await platform.run(["dlq", "retry", id]);
    expect(code).toBe(3);
    expect(stdout).toContain("it is parked, neither dead nor held");
    expect(await states.get(projectKey(id))).toMatchObject({ status: "parked" });
  });

  test("--all takes those of one reason and no other", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const [one, two, other] = [newId(), newId(), newId()];
    const crashed = { code: "crashed", message: "The process ended." } as const;
    await states.put(projectKey(one), { status: "dead", reason: crashed });
    await states.put(committeeKey(two), { status: "dead", reason: crashed });
    await states.put(projectKey(other), { status: "dead", reason: refused });
    const { code, stdout } = await platform.run(["dlq", "retry", "--all", "--reason", "crashed"]);
    expect(code).toBe(0);
    expect(stdout).toContain("2 of 2 tried again.");
    expect(await states.get(projectKey(one))).toMatchObject({ status: "retry" });
    expect(await states.get(committeeKey(two))).toMatchObject({ status: "retry" });
    expect(await states.get(projectKey(other))).toMatchObject({ status: "dead" });
  });

  test.for([
    [[], /--all/],
    [["a", "--all"], /either keys or --all/],
    [["a", "--reason", "taken"], /go with --all/],
    [["--all", "--reason", "whatever"], /reason as `dlq list` shows it/],
  ] as const)("refuses %j", async ([args, sentence], { platform, expect }) => {
    const { code, stderr } = await platform.run(["dlq", "retry", ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });
});

describe("dlq drop and show", () => {
  test("a dropped object is done, ignored, and keeps what v2 has of it", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const id = newId();
    await states.put(projectKey(id), {
      status: "dead",
      revision: 9,
      reason: refused,
      applied: { revision: 4, at: "2026-11-20T10:00:00.000Z", action: "created", uid: "u1" },
    });
    const { code } = await platform.run(["dlq", "drop", projectKey(id)]);
    expect(code).toBe(0);
    expect(await states.get(projectKey(id))).toMatchObject({
      status: "done",
      revision: 9,
      reason: { code: "dropped" },
      applied: { action: "ignored", revision: 9, uid: "u1" },
    });
  });

  test("show says what happened, why, and what comes next", async ({ platform, expect }) => {
    await using states = await openStates(platform);
    const id = newId();
    await states.put(projectKey(id), {
      status: "dead",
      attempts: 12,
      reason: refused,
      intents: [{ naturalKey: { kind: "project", slug: "example" }, at: "2026-11-21T10:00:00.000Z" }],
    });
    const { code, stdout } = await platform.run(["dlq", "show", id]);
    expect(code).toBe(0);
    expect(stdout).toContain("tried 12 times");
    expect(stdout).toContain(
      "refused_by_service: The project service refused it: slug is too long (POST /projects: 400).",
    );
    expect(stdout).toContain("Next: nothing by itself.");
    expect(stdout).toContain('A create of the project "example" was sent');
  });

  test("an id that nobody knows is exit code 3", async ({ platform, expect }) => {
    for (const command of ["show", "drop", "retry"]) {
      const { code, stderr } = await platform.run(["dlq", command, "nobody-knows-it"]);
      expect(code).toBe(3);
      expect(stderr).toContain("nobody-knows-it");
    }
  });
});
