// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { probe } from "@repo/health";
import { freePort, waitFor } from "@repo/testkit";
import { withServers } from "@repo/testkit/vitest";
import {
  type Engine,
  type HardenedContainer,
  type RunOptions,
  runHardened,
  startHardened,
  startTestImage,
} from "@repo/tools/images";
import { describe } from "vitest";
import { z } from "zod";

const test = withServers({ built: () => startTestImage("airunner") });

const Config = z.object({
  User: z.string(),
  StopSignal: z.string(),
  Entrypoint: z.array(z.string()),
  Cmd: z.array(z.string()),
  Healthcheck: z.object({ Test: z.array(z.string()) }),
  Labels: z.record(z.string(), z.string()),
  Volumes: z.record(z.string(), z.unknown()),
});

interface Server {
  readonly url: string;
  readonly container: HardenedContainer;
}

/** A server without TLS and authentication on a free port of this machine, ready for calls. */
async function startServer(engine: Engine, image: string, stack: AsyncDisposableStack): Promise<Server> {
  const [port, health] = [await freePort(), await freePort()];
  const run: RunOptions = {
    image,
    env: {
      AIRUNNER_LISTEN: `127.0.0.1:${port}`,
      AIRUNNER_HEALTH_LISTEN: `127.0.0.1:${health}`,
      AIRUNNER_NO_TLS: "true",
      AIRUNNER_NO_AUTH: "true",
    },
    options: ["--health-interval=1s"],
  };
  const container = stack.use(await startHardened(engine, run));
  await waitFor(() => probe({ port: health, path: "/readyz" }), {
    deadlineMs: 30_000,
    what: "the server in the container",
  });
  return { url: `http://127.0.0.1:${port}`, container };
}

/** A command of the CLI in a container of its own. */
function cli(engine: Engine, image: string, ...args: readonly string[]) {
  return runHardened(engine, { image, args: ["airunner-cli", ...args] });
}

describe("the image", () => {
  test("runs as an ordinary user under an init, with its labels", async ({ built, expect }) => {
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
      Entrypoint: ["/usr/bin/tini", "--"],
      Cmd: ["airunner-server"],
      Volumes: { "/data": {} },
      Healthcheck: { Test: ["CMD", "/usr/local/bin/node", "/app/airunner-server.mjs", "--healthcheck"] },
    });
    expect(config.Labels).toMatchObject({
      "org.opencontainers.image.title": "airunner",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.revision": "abc123",
      "org.opencontainers.image.licenses": "Apache-2.0",
    });
    for (const command of ["airunner-server", "airunner-cli"]) {
      const printed = await runHardened(built.engine, { image: id, args: [command, "--version"] });
      expect(printed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(version) });
    }
  });

  test("says in one sentence what a server without keys lacks", async ({ built, expect }) => {
    const { exitCode, stdout, stderr } = await runHardened(built.engine, { image: built.image });
    expect(exitCode).toBe(2);
    expect(`${stdout}${stderr}`).toContain("JWT_PUBLIC_KEY");
  });

  test("makes its certificate where a read-only container may write", async ({ built, expect }) => {
    const { exitCode, stdout } = await runHardened(built.engine, {
      image: built.image,
      args: ["sh", "-c", "airunner-server cert && ls /data/certificates"],
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\.pem|\.crt/);
  });

  test("has no package manager of Node's", async ({ built, expect }) => {
    const run = await runHardened(built.engine, { image: built.image, args: ["sh", "-c", "command -v npm"] });
    expect(run.exitCode).not.toBe(0);
  });
});

describe("server, worker and CLI of one image", () => {
  test("run a job in a terminal, with git at hand, and tell its output and exit code", async ({
    built: { engine, image },
    expect,
  }) => {
    await using stack = new AsyncDisposableStack();
    const { url } = await startServer(engine, image, stack);
    stack.use(
      await startHardened(engine, {
        image,
        args: ["airunner-cli", "worker", `--server=${url}`],
        options: ["--no-healthcheck"],
      }),
    );
    const script = "test -t 1 && echo terminal; git --version; id -u; touch here && echo written; exit 3";
    const submitted = await cli(engine, image, "submit", `--server=${url}`, "--", "bash", "-c", script);
    expect(submitted.stdout).toMatch(/terminal\r?\n.*git version .*\r?\n.*65532\r?\n.*written/);
    expect(submitted.exitCode).toBe(3);
  });

  test("the server is healthy while it runs, and drains on SIGTERM", async ({ built, expect }) => {
    await using stack = new AsyncDisposableStack();
    const { container } = await startServer(built.engine, built.image, stack);
    await expect.poll(() => container.health(), { timeout: 30_000, interval: 200 }).toBe("healthy");
    await container.signal("TERM");
    expect(await container.wait()).toBe(0);
  });

  test("the worker ends its job, or gives it back, on SIGTERM", async ({
    built: { engine, image },
    expect,
  }) => {
    await using stack = new AsyncDisposableStack();
    const { url } = await startServer(engine, image, stack);
    const worker = stack.use(
      await startHardened(engine, {
        image,
        args: ["airunner-cli", "worker", `--server=${url}`, "--drain-timeout=0s"],
        options: ["--no-healthcheck"],
      }),
    );
    const job = (
      await cli(engine, image, "submit", `--server=${url}`, "--quiet", "--", "sleep", "600")
    ).stdout.trim();
    const shown = () => cli(engine, image, "list", `--server=${url}`, "--json");
    await waitFor(async () => /running/i.test((await shown()).stdout), {
      deadlineMs: 60_000,
      what: `the job ${job} to run`,
    });
    await worker.signal("TERM");
    expect(await worker.wait()).toBe(0);
    expect((await shown()).stdout).toMatch(/scheduled/i);
  });
});
