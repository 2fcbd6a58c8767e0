// SPDX-License-Identifier: MIT
import { freePort } from "@repo/testkit";
import { rsaKeys } from "@repo/testkit/lfx-v1";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { startPlatform } from "./support/platform.ts";

const test = withServers({ platform: () => startPlatform() });

describe("check-config", () => {
  test("tries everything and finds nothing wrong", async ({ platform, expect }) => {
    const { code, stdout } = await platform.run(["check-config"]);
    expect(stdout).not.toContain("FAILED");
    expect(code).toBe(0);
    for (const line of [
      /^ok +settings: /m,
      /^ok +Heimdall's key set: .* has our key as signer-1$/m,
      /^ok +v1 token: /m,
      /^ok +v1 gateway: /m,
      /^check +NATS: nats-server 2\.\d+\.\d+ takes messages of 1,048,576 bytes/m,
      /^ok +bucket v1-objects: /m,
      /^ok +consumer v1-sync-helper-kv-consumer: /m,
      /^ok +project service: .* is ready$/m,
      /^ok +committee service, signed GET: takes our token, as v1_sync_helper@clients$/m,
      /^ok +project ROOT: is /m,
    ])
      expect(stdout).toMatch(line);
    expect(platform.v1.problems).toEqual([]);
    expect(platform.v2.record.writes).toEqual([]);
  });

  test("says of each thing that is wrong what it is, and goes on with the rest", async ({
    platform,
    expect,
  }) => {
    const strange = await rsaKeys("stranger");
    const away = `http://127.0.0.1:${await freePort()}`;
    const { code, stdout } = await platform.run(["check-config", "--json"], {
      NATS_URL: `nats://127.0.0.1:${await freePort()}`,
      HEIMDALL_PRIVATE_KEY: strange.privateKey,
      AUTH0_PRIVATE_KEY: strange.privateKey,
      COMMITTEE_SERVICE_URL: away,
    });
    expect(code).toBe(3);
    const results = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { check: string; result: string; detail: string });
    const resultOf = (check: string) => results.find((result) => result.check === check);
    for (const check of [
      "Heimdall's key set",
      "v1 token",
      "v1 gateway",
      "NATS",
      "committee service",
      "project service, signed GET",
    ])
      expect(resultOf(check)).toMatchObject({ result: "failed", detail: expect.stringMatching(/\S/) });
    expect(resultOf("bucket v1-objects")).toMatchObject({ result: "skipped" });
    expect(resultOf("project service")).toMatchObject({ result: "ok" });
    expect(stdout).not.toContain(strange.privateKey.split("\n")[1]);
  });

  test("a key id that is not ours is worth a look, and a wrong environment all that is told", async ({
    platform,
    expect,
  }) => {
    const { stdout } = await platform.run(["check-config"], { HEIMDALL_KEY_ID: "another" });
    expect(stdout).toMatch(/^check +Heimdall's key set: HEIMDALL_KEY_ID is another one than signer-1/m);
    const wrong = await platform.run(["check-config"], { PORT: "many", NATS_URL: "" });
    expect(wrong.code).toBe(3);
    expect(wrong.stdout).toMatch(/^FAILED +settings: .*NATS_URL is required; PORT must/);
  });

  test("a bucket that may not be made is a failure", async ({ expect }) => {
    await using bare = await startPlatform({ buckets: false });
    const allowed = await bare.run(["check-config"]);
    expect(allowed.stdout).toMatch(/^ok +bucket v1-sync-state: is not there; it is created/m);
    const forbidden = await bare.run(["check-config"], { CREATE_BUCKETS: "false" });
    expect(forbidden.stdout).toMatch(
      /^FAILED +bucket v1-objects: is not there, and CREATE_BUCKETS is false/m,
    );
    expect(forbidden.code).toBe(3);
  });
});
