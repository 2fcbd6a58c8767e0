// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, test } from "vitest";
import { withFreePorts } from "../src/server/retry-ports.ts";
import { type ServerOptions, startServer } from "../src/server/start-server.ts";

/** A server that is a Node script. */
function scripted<T>(
  script: string,
  ready: ServerOptions<T>["ready"],
  deadlineMs = 30_000,
): ServerOptions<T> {
  const launch = { command: process.execPath, args: ["-e", script], env: {} };
  return { name: "the server", launch, args: [], cwd: tmpdir(), ready, deadlineMs };
}

const { promise: never } = Promise.withResolvers<never>();

describe("a server that does not come up", () => {
  test("is reported at once when it ends, with its exit code and its last lines", async ({ expect }) => {
    const start = startServer(scripted(`console.error("no such flag"); process.exitCode = 3;`, () => never));
    await expect(start).rejects.toThrow(/^the server ended with exit code 3; it wrote last:\nno such flag$/);
  });

  test("is reported at the deadline and killed", async ({ expect }) => {
    let pid = 0;
    const ready: ServerOptions<never>["ready"] = (server) => {
      ({ pid } = server);
      return never;
    };
    const start = startServer(scripted("setInterval(() => {}, 1000)", ready, 200));
    await expect(start).rejects.toThrow(/the server was not ready within 200 ms/);
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  });

  test("tells a fault of the readiness check", async ({ expect }) => {
    const start = startServer(
      scripted("setInterval(() => {}, 1000)", () => Promise.reject(new Error("bad answer"))),
    );
    await expect(start).rejects.toThrow(/^the server bad answer/);
  });
});

test("a server that is up has its readiness result and its log, and ends on disposal", async ({ expect }) => {
  const script = `console.log("listening on 42"); setInterval(() => {}, 1000)`;
  const server = await startServer(scripted(script, ({ stdout }) => stdout.waitForLine(/listening/)));
  expect(server.ready).toBe("listening on 42");
  expect(server.log()).toBe("listening on 42");
  await server[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  expect(server.executable.exit).toMatchObject({ signal: "SIGKILL" });
});

test("a server gets a small environment of its own", async ({ expect }) => {
  process.env["TESTKIT_SECRET"] = "secret";
  const script = `console.log(JSON.stringify(Object.keys(process.env).sort())); setInterval(() => {}, 1000)`;
  const options = scripted(script, ({ stdout }) => stdout.waitForLine(/\[/));
  await using server = await startServer({ ...options, env: { OWN: "1" } });
  delete process.env["TESTKIT_SECRET"];
  expect(JSON.parse(server.ready)).toEqual(["HOME", "LANG", "OWN", "PATH"]);
});

describe("ports that must be named", () => {
  test("are others when one was taken in the meantime", async ({ expect }) => {
    const seen: number[] = [];
    const result = await withFreePorts(1, async ([port = 0]) => {
      seen.push(port);
      const script =
        seen.length < 3
          ? `console.error("listen: Address already in use"); process.exitCode = 1`
          : `console.log("up"); setInterval(() => {}, 1000)`;
      await using server = await startServer(scripted(script, ({ stdout }) => stdout.waitForLine(/up/)));
      return server.ready;
    });
    expect(result).toBe("up");
    expect(new Set(seen).size).toBe(3);
  });

  test("are not tried again for any other reason", async ({ expect }) => {
    let tries = 0;
    const start = withFreePorts(1, () => {
      tries++;
      return startServer(scripted(`console.error("out of memory"); process.exitCode = 1`, () => never));
    });
    await expect(start).rejects.toThrow(/out of memory/);
    expect(tries).toBe(1);
  });
});
