// SPDX-License-Identifier: MIT
import { freePort, waitFor } from "@repo/testkit";
import { startRestartableNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { request } from "undici";
import { describe } from "vitest";
import { startPlatform } from "./support/platform.ts";
import { newId, projectKey, projectRecord } from "./support/seed.ts";

const test = withServers({ platform: () => startPlatform({ buckets: false }) });

async function get(port: string, path: string) {
  const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`);
  return { status: statusCode, body: await body.text() };
}

/** The page once it has this status, and says this. */
function answered(port: string, path: string, status: number, text = "") {
  return waitFor(
    async () => {
      const page = await get(port, path).catch(() => undefined);
      return page?.status === status && page.body.includes(text) ? page : undefined;
    },
    { deadlineMs: 20_000, what: `${path} with ${status} ${text}` },
  );
}

describe("serve", () => {
  test("creates a project in the name of its editor, and ends in order", async ({ platform, expect }) => {
    const port = String(await freePort());
    await using serve = await platform.start([], { PORT: port, HTTP_DEBUG: "true", DEBUG: "true" });
    await answered(port, "/readyz", 200);
    expect(await get(port, "/readyz")).toEqual({ status: 200, body: "OK\n" });
    expect(await get(port, "/livez")).toEqual({ status: 200, body: "OK\n" });
    expect((await platform.run(["probe", "--ready"], { PORT: port })).code).toBe(0);

    const [id, editor] = [newId(), "0034100001XyZaaAAF"];
    platform.v1.users.set(editor, { Username: "jdoe", Email: "jane@example.org" });
    const objects = await platform.bucket("v1-objects");
    await objects.put(projectKey(id), projectRecord(id, { lastmodifiedbyid: editor }));
    const line: unknown = JSON.parse(
      await serve.stdout.waitForLine((text) => text.includes('"action":"created"')),
    );
    expect(line).toMatchObject({
      level: "info",
      key: projectKey(id),
      operation: "PUT",
      sfid: id,
      slug: `p-${id.toLowerCase()}`,
      project_uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      username: "jdoe",
      revision: 1,
      attempt: 1,
      outcome: "applied",
      duration_ms: expect.any(Number),
      msg: "project created",
    });
    const mapping = await (await platform.bucket("v1-mappings")).get(`project.sfid.${id}`);
    expect(mapping?.string()).toMatch(/^[0-9a-f-]{36}$/);
    const call = await serve.stdout.waitForLine(
      (text) => text.includes('"http call"') && text.includes("POST"),
    );
    expect(JSON.parse(call)).toMatchObject({
      target: "project",
      method: "POST",
      path: "/projects",
      status: 201,
    });

    const metrics = (await get(port, "/metrics")).body;
    expect(metrics).toMatch(/^v1_sync_outcomes_total\{type="project",outcome="created"\} 1$/m);
    expect(metrics).toMatch(/^v1_sync_consumer_pending 0$/m);
    expect(metrics).toMatch(/^v1_sync_objects\{status="dead"\} 0$/m);
    expect(metrics).toMatch(/^v1_sync_build_info\{version="\d+\.\d+\.\d+",node="24\./m);

    serve.kill("SIGTERM");
    const { code, durationMs } = await serve.waitForExit();
    expect(code).toBe(0);
    expect(durationMs).toBeGreaterThan(0);
    expect(serve.stdout.text).toContain("has ended in order");
    // Neither tokens nor what a person is called by letter.
    expect(serve.stdout.text).not.toMatch(/eyJ[\w-]+\.|Bearer |PRIVATE KEY|jane@example\.org/);
    expect(serve.stderr.text).toBe("");
  });

  test("says what could not be done as an error with its reason", async ({ platform, expect }) => {
    const port = String(await freePort());
    await using serve = await platform.start(["serve"], { PORT: port });
    await answered(port, "/readyz", 200);
    const id = newId();
    const objects = await platform.bucket("v1-objects");
    await objects.put(projectKey(id), projectRecord(id, { slug__c: "9 lives" }));
    const line: unknown = JSON.parse(await serve.stdout.waitForLine((text) => text.includes(id)));
    expect(line).toMatchObject({
      level: "error",
      outcome: "dead",
      reason: "unusable_record",
      error: expect.stringContaining("9 lives"),
    });
    expect(serve.stdout.text).not.toContain("username");
  });

  test("finishes what is in hand when it is asked to stop", async ({ platform, expect }) => {
    const port = String(await freePort());
    await using serve = await platform.start([], { PORT: port });
    await answered(port, "/readyz", 200);
    const { faults, record } = platform.v2;
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    faults.latency = () => {
      resolve();
      return 1500;
    };
    try {
      const id = newId();
      const objects = await platform.bucket("v1-objects");
      const before = record.writes.length;
      await objects.put(projectKey(id), projectRecord(id));
      await arrived;
      expect(record.writes).toHaveLength(before);
      serve.kill("SIGTERM");
      await answered(port, "/readyz", 503, "[-]lifecycle failed: draining");
      expect((await serve.waitForExit()).code).toBe(0);
      expect(record.writes).toHaveLength(before + 1);
      const mapping = await (await platform.bucket("v1-mappings")).get(`project.sfid.${id}`);
      expect(mapping?.string()).toBe(record.writes.at(-1)?.uid);
    } finally {
      faults.latency = 0;
    }
  });

  test("an address that is taken ends it with one sentence", async ({ platform, expect }) => {
    const port = String(await freePort());
    await using first = await platform.start([], { PORT: port });
    await first.stdout.waitForLine(/"started"/);
    await using second = await platform.start([], { PORT: port });
    const { code } = await second.waitForExit();
    expect(code).toBe(1);
    const line: unknown = JSON.parse(second.stdout.lines.at(-1) ?? "");
    expect(line).toMatchObject({ level: "error", error: expect.stringContaining(port), msg: "cannot start" });
  });

  test("a dry run says what would be sent, and changes nothing", async ({ platform, expect }) => {
    const port = String(await freePort());
    const id = newId();
    const objects = await platform.bucket("v1-objects");
    const writes = platform.v2.record.writes.length;
    await using serve = await platform.start(["serve", "--dry-run"], { PORT: port });
    await answered(port, "/readyz", 200);
    await objects.put(projectKey(id), projectRecord(id));
    const line: unknown = JSON.parse(await serve.stdout.waitForLine((text) => text.includes(id)));
    expect(line).toMatchObject({
      dry_run: true,
      outcome: "created",
      calls: [expect.stringMatching(/^POST \/projects \(name, slug, /)],
      msg: "would be: created",
    });
    serve.kill("SIGTERM");
    expect((await serve.waitForExit()).code).toBe(0);
    expect(platform.v2.record.writes).toHaveLength(writes);
    expect(await (await platform.bucket("v1-mappings")).get(`project.sfid.${id}`)).toBeNull();
    expect(await (await platform.bucket("v1-sync-state")).get(`object.${projectKey(id)}`)).toBeNull();
  });
});

describe("serve without what it depends on", () => {
  const withNats = withServers({
    platform: () => startPlatform(),
    away: () => startRestartableNats(),
  });

  withNats("lives, says what is missing, and begins when it comes", async ({ platform, away, expect }) => {
    const port = String(await freePort());
    await away.stop();
    await using serve = await platform.start([], { PORT: port, NATS_URL: away.url, CREATE_BUCKETS: "true" });
    expect(await answered(port, "/livez", 200)).toMatchObject({ body: "OK\n" });
    const notReady = await answered(port, "/readyz", 503, "[-]nats failed:");
    expect(notReady.body).toMatch(/\[-\]nats failed: There is no connection to NATS at 127\.0\.0\.1:\d+/);
    expect(notReady.body).toContain("[-]buckets failed:");
    await away.start();
    await answered(port, "/readyz", 200);
    await away.stop();
    await answered(port, "/readyz", 503, "[-]nats failed:");
    expect((await get(port, "/livez")).status).toBe(200);
    await away.start();
    await answered(port, "/readyz", 200);
    serve.kill("SIGTERM");
    expect((await serve.waitForExit()).code).toBe(0);
  });

  withNats("says that a bucket is missing and may not be made", async ({ away, platform, expect }) => {
    const port = String(await freePort());
    await away.start();
    const fresh = await startPlatform({ buckets: false });
    try {
      await using serve = await platform.start([], {
        PORT: port,
        NATS_URL: fresh.nats.url,
        CREATE_BUCKETS: "false",
      });
      const { body } = await answered(port, "/readyz", 503, "CREATE_BUCKETS");
      expect(body).toMatch(/\[-\]buckets failed: The bucket v1-objects is missing/);
      serve.kill("SIGTERM");
      expect((await serve.waitForExit()).code).toBe(0);
    } finally {
      await fresh[Symbol.asyncDispose]();
    }
  });
});
