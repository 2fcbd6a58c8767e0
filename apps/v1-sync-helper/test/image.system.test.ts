// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, waitFor } from "@repo/testkit";
import { withServers } from "@repo/testkit/vitest";
import {
  type Engine,
  type HardenedContainer,
  runHardened,
  startHardened,
  startTestImage,
} from "@repo/tools/images";
import { request } from "undici";
import { describe } from "vitest";
import { z } from "zod";
import { startPlatform } from "./operate/support/platform.ts";
import { newId, projectKey, projectRecord } from "./operate/support/seed.ts";

const test = withServers({
  built: () => startTestImage("v1-sync-helper"),
  platform: () => startPlatform({ buckets: false }),
});

const program = ["/nodejs/bin/node", "/app/v1-sync-helper.mjs"];
/** The service may take 25 s to drain, and the machine is busy. */
const endMs = 40_000;

const Config = z.object({
  User: z.string(),
  WorkingDir: z.string(),
  StopSignal: z.string(),
  Entrypoint: z.array(z.string()),
  Cmd: z.null().optional(),
  Healthcheck: z.object({ Test: z.array(z.string()) }),
  ExposedPorts: z.record(z.string(), z.unknown()),
  Labels: z.record(z.string(), z.string()),
});

type Variables = Readonly<Record<string, string>>;

interface Service {
  readonly container: HardenedContainer;
  readonly env: Variables;
  readonly page: (path: string) => Promise<{ readonly status: number; readonly body: string }>;
  /** The page once it has this status. */
  readonly answers: (path: string, status: number) => Promise<string>;
  /** Another process of the program in the same container. */
  readonly run: (...args: readonly string[]) => ReturnType<Engine["docker"]["run"]>;
}

/** The service in a container, on a free port of this machine. */
async function startService(
  { engine, image }: { readonly engine: Engine; readonly image: string },
  given: Variables,
  stack: AsyncDisposableStack,
): Promise<Service> {
  const port = String(await freePort());
  const env = { ...given, PORT: port };
  const container = stack.use(await startHardened(engine, { image, env, options: ["--health-interval=1s"] }));
  const page: Service["page"] = async (path) => {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`);
    return { status: statusCode, body: await body.text() };
  };
  return {
    container,
    env,
    page,
    answers: (path, status) =>
      waitFor(
        async () => {
          const answer = await page(path).catch(() => undefined);
          return answer?.status === status ? answer.body : undefined;
        },
        { deadlineMs: 30_000, what: `${path} to answer ${status}` },
      ),
    run: (...args) => engine.docker.run(["exec", container.id, ...program, ...args]),
  };
}

/** The environment without what the service talks to: nobody listens there. */
async function nobodyThere(env: Variables): Promise<Variables> {
  const url = `http://127.0.0.1:${await freePort()}`;
  return {
    ...env,
    NATS_URL: url.replace("http", "nats"),
    PROJECT_SERVICE_URL: url,
    COMMITTEE_SERVICE_URL: url,
    HEIMDALL_JWKS_URL: `${url}/jwks`,
    AUTH0_TOKEN_URL: `${url}/oauth/token`,
    LFX_API_GW: `${url}/`,
  };
}

describe("the image", () => {
  test("runs as an ordinary user, in exec form, with its labels", async ({ built, expect }) => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(join(import.meta.dirname, "..", "package.json"), "utf8")));
    const id = await built.rebuild({ VERSION: version, REVISION: "abc123" });
    const config = Config.parse(
      JSON.parse(await built.engine.docker.output(["image", "inspect", "--format", "{{json .Config}}", id])),
    );
    expect(config).toMatchObject({
      User: "65532:65532",
      StopSignal: "SIGTERM",
      Entrypoint: ["/nodejs/bin/node", "--enable-source-maps", "/app/v1-sync-helper.mjs"],
      Healthcheck: { Test: ["CMD", ...program, "probe"] },
      ExposedPorts: { "8080/tcp": {} },
    });
    expect(config.Labels).toMatchObject({
      "org.opencontainers.image.title": "v1-sync-helper",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.revision": "abc123",
      "org.opencontainers.image.licenses": "MIT",
    });
    const printed = await runHardened(built.engine, { image: id, args: ["--version"] });
    expect(printed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(version) });
  });

  test.for(["/bin/sh", "/usr/local/bin/npm", "/nodejs/bin/npm"])(
    "holds no %s",
    async (path, { built, expect }) => {
      const run = await runHardened(built.engine, { image: built.image, options: [`--entrypoint=${path}`] });
      expect(run.exitCode).toBe(127);
    },
  );

  test("names all missing settings in one message", async ({ built, expect }) => {
    const { exitCode, stdout, stderr } = await runHardened(built.engine, { image: built.image });
    expect(exitCode).toBe(2);
    for (const name of [
      "NATS_URL",
      "PROJECT_SERVICE_URL",
      "HEIMDALL_PRIVATE_KEY",
      "AUTH0_TENANT",
      "AUTH0_CLIENT_ID",
      "AUTH0_PRIVATE_KEY",
    ])
      expect(`${stdout}${stderr}`).toContain(name);
  });

  test("says what is wrong with a key and never shows it", async ({ built, platform, expect }) => {
    const env = { ...platform.env, HEIMDALL_PRIVATE_KEY: "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n" };
    const { exitCode, stdout, stderr } = await runHardened(built.engine, { image: built.image, env });
    expect(exitCode).toBe(2);
    expect(`${stdout}${stderr}`).toContain("HEIMDALL_PRIVATE_KEY");
    expect(`${stdout}${stderr}`).not.toContain("c2VjcmV0");
  });
});

describe("the service in its container", () => {
  test("starts without anything it talks to, lives, says why it is not ready, and ends when asked", async ({
    built,
    platform,
    expect,
  }) => {
    await using stack = new AsyncDisposableStack();
    const env = await nobodyThere(platform.env);
    const { container, answers, page, run } = await startService(built, env, stack);
    expect(await answers("/livez", 200)).toBe("OK\n");
    const { status, body } = await page("/readyz");
    expect(status).toBe(503);
    expect(body).toContain("[-]nats failed: ");
    expect(await run("probe")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await run("probe", "--ready")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("/readyz"),
    });
    await expect.poll(() => container.health(), { timeout: 30_000, interval: 200 }).toBe("healthy");
    await container.signal("TERM");
    expect(await container.wait(endMs)).toBe(0);
  });

  test("becomes ready with a real NATS, does its work, and ends in order", async ({
    built,
    platform,
    expect,
  }) => {
    await using stack = new AsyncDisposableStack();
    const { container, answers, run } = await startService(built, platform.env, stack);
    expect(await answers("/readyz", 200)).toBe("OK\n");
    expect(await run("probe", "--ready")).toMatchObject({ exitCode: 0 });
    const checked = await run("check-config");
    expect(checked, checked.stdout).toMatchObject({ exitCode: 0 });

    const id = newId();
    await (await platform.bucket("v1-objects")).put(projectKey(id), projectRecord(id));
    const mappings = await platform.bucket("v1-mappings");
    const uid = await waitFor(async () => (await mappings.get(`project.sfid.${id}`))?.string(), {
      deadlineMs: 30_000,
      what: "the project to be mapped",
    });
    expect(platform.v2.record.writes.map((write) => write.uid)).toContain(uid);
    expect(await run("status", "--json")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("project"),
    });

    await container.signal("TERM");
    expect(await container.wait(endMs)).toBe(0);
    const { stdout, stderr } = await container.logs();
    expect(stdout).toContain('"has ended in order"');
    expect(stderr).toBe("");
  });

  test("says exactly which buckets are missing where it may not create them", async ({
    built,
    platform,
    expect,
  }) => {
    await using stack = new AsyncDisposableStack();
    await using other = await startPlatform({ buckets: false });
    const env = { ...platform.env, NATS_URL: other.nats.url, CREATE_BUCKETS: "false" };
    const { container, answers, page } = await startService(built, env, stack);
    await answers("/livez", 200);
    await expect
      .poll(async () => (await page("/readyz/buckets")).body, { timeout: 30_000, interval: 200 })
      .toContain("bucket v1-objects is missing, and CREATE_BUCKETS forbids to create it");
    expect((await page("/readyz")).body).toContain("[+]nats ok");
    const { stdout } = await container.logs();
    for (const missing of [
      "bucket v1-objects",
      "bucket v1-mappings",
      "bucket v1-sync-state",
      "bucket v1-sync-users",
      "stream v1-sync-advisories",
    ])
      expect(stdout).toContain(`The ${missing} is missing, and CREATE_BUCKETS forbids to create it`);
  });

  test("is not well to its probe where nobody answers", async ({ built, platform, expect }) => {
    const port = String(await freePort());
    const probe = await runHardened(built.engine, {
      image: built.image,
      args: ["probe"],
      env: { ...platform.env, PORT: port },
    });
    expect(probe).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(port) });
  });
});
