// SPDX-License-Identifier: Apache-2.0
import { MissingServerError } from "@repo/testkit";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { type BaseArgument, ensureLocalBase, findMaterials } from "./bases/index.ts";
import { openEngine } from "./engine.ts";
import { runHardened } from "./hardened.ts";

/** An engine and what local bases are made of. */
async function startWorkshop() {
  const materials = await findMaterials();
  if (materials.status === "missing") throw new MissingServerError(materials.reason);
  const found = await openEngine();
  if (found.status === "missing") throw new MissingServerError(found.reason);
  const { engine } = found;
  return {
    engine,
    ensure: (argument: BaseArgument) => ensureLocalBase(engine.docker, materials.materials, argument),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

const test = withServers({ workshop: startWorkshop });

const says = (program: string) => `console.log(${program})`;

describe("local base images", () => {
  test("of the distroless kind run Node as their entry point, with time zones and an ordinary user", async ({
    workshop: { engine, ensure },
    expect,
  }) => {
    const image = await ensure("DISTROLESS_IMAGE");
    const script = says(
      'process.version, process.execPath, process.getuid(), new Date(0).toLocaleString("en-GB", { timeZone: "Asia/Tokyo" })',
    );
    const { exitCode, stdout } = await runHardened(engine, { image, args: ["-e", script] });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^v24\.\d+\.\d+ \/nodejs\/bin\/node 65532 01\/01\/1970, 09:00:00$/);
  });

  test("of the Alpine kind run a Node that was linked for musl", async ({
    workshop: { engine, ensure },
    expect,
  }) => {
    const image = await ensure("NODE_IMAGE");
    const script = says("process.report.getReport().header.glibcVersionRuntime, process.version");
    const { stdout } = await runHardened(engine, { image, args: ["/usr/local/bin/node", "-e", script] });
    expect(stdout).toMatch(/^undefined v24\./);
  });

  test("for builds have npm, a shell and its usual programs", async ({
    workshop: { engine, ensure },
    expect,
  }) => {
    const image = await ensure("BUILD_IMAGE");
    const script = "npm --version && echo abc | sha256sum | cut -c 1-8";
    const { exitCode, stdout } = await runHardened(engine, {
      image,
      args: ["sh", "-c", script],
      env: { HOME: "/tmp" },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\nedeaaff3$/);
  });

  test("of the Debian kind have a shell, git with its transports, an init, and what Node is linked with", async ({
    workshop: { engine, ensure },
    expect,
  }) => {
    const image = await ensure("DEBIAN_IMAGE");
    const script =
      "tini --version; git init -q /tmp/a && git -C /tmp/a rev-parse --is-inside-work-tree; git ls-remote https://127.0.0.1:1/a 2>&1; echo /usr/lib/*/libstdc++.so.6";
    const { stdout } = await runHardened(engine, {
      image,
      args: ["tini", "--", "bash", "-c", script],
      env: { HOME: "/tmp" },
    });
    expect(stdout).toMatch(/^tini version 0\.19/);
    expect(stdout).toContain("\ntrue\n");
    // It got as far as the connection, so the helper and its libraries are there.
    expect(stdout).toMatch(/Failed to connect to 127\.0\.0\.1/);
    expect(stdout).toMatch(/libstdc\+\+\.so\.6$/);
  });

  test("are made once from the same inputs", async ({ workshop: { engine, ensure }, expect }) => {
    const id = async (image: string) =>
      engine.docker.output(["image", "inspect", "--format", "{{.Id}}", image]);
    const first = await id(await ensure("ALPINE_IMAGE"));
    expect(await id(await ensure("ALPINE_IMAGE"))).toBe(first);
  });
});

describe("a hardened run", () => {
  test("can write to /tmp and nowhere else, and gains no rights", async ({
    workshop: { engine, ensure },
    expect,
  }) => {
    const image = await ensure("BUILD_IMAGE");
    const script =
      "echo x > /tmp/a && cat /tmp/a; echo y > /home/b; grep -E 'NoNewPrivs|CapEff|CapBnd' /proc/self/status";
    const { stdout, stderr } = await runHardened(engine, { image, args: ["sh", "-c", script] });
    expect(stdout.split("\n")[0]).toBe("x");
    expect(stderr).toMatch(/Read-only file system/i);
    expect(stdout.replaceAll("\t", "")).toMatch(/CapEff:0+\nCapBnd:0+\nNoNewPrivs:1/);
  });
});
