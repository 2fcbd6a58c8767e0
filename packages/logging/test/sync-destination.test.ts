// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { describe, test } from "vitest";

const fixture = join(import.meta.dirname, "fixtures", "log-lines.ts");
const run = promisify(execFile);

describe("standard output", () => {
  // 20 MB against a pipe's 64 KiB: the writer has to wait for the reader again and again, also within a line.
  test.for([
    ["short lines", "blocking", 20_000, 900],
    ["short lines", "nonblocking", 20_000, 900],
    ["long lines", "nonblocking", 60, 300_000],
  ] as const)(
    "loses nothing of %s to a %s pipe when the process exits right away",
    async ([, mode, count, length], { expect }) => {
      const args = [fixture, String(count), String(length), mode];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
      const lines = output.trimEnd().split("\n");
      expect(code).toBe(3);
      expect(lines).toHaveLength(count);
      expect(lines.map((line) => fieldOf(JSON.parse(line), "index"))).toEqual(lines.map((_, index) => index));
    },
  );

  test("goes on quietly when the reader has gone", async ({ expect }) => {
    // The shell reports the writer's own exit code, which the pipeline hides.
    const script = '{ "$0" "$@"; echo "exit $?" >&2; } | head -n 2';
    const { stdout, stderr } = await run("sh", ["-c", script, process.execPath, fixture, "5000", "900"]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(stderr).toBe("done\nexit 3\n");
  });

  test("says once on standard error that lines cannot be written", async ({ expect }) => {
    const script = '"$0" "$@" > /dev/full; echo "exit $?" >&2';
    const { stderr } = await run("sh", ["-c", script, process.execPath, fixture, "10", "10"]);
    expect(stderr).toMatch(/^Log lines cannot be written: ENOSPC[^\n]*\ndone\nexit 3\n$/);
  });
});

describe("SIGUSR2", () => {
  test("switches a running process to debug", async ({ expect }) => {
    const path = join(import.meta.dirname, "fixtures", "level-signal.ts");
    const child = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = linesOf(child.stdout);
    expect(await lines.next()).toMatchObject({ value: { msg: "ready" } });
    child.stdin.write("unheard\n");
    child.kill("SIGUSR2");
    expect(await lines.next()).toMatchObject({ value: { msg: "log level changed", current_level: "debug" } });
    child.stdin.end("heard\n");
    expect(await lines.next()).toMatchObject({ value: { level: "debug", msg: "a debug line" } });
    await once(child, "exit");
  });
});

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator {
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + chunk.toString("utf8")).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield JSON.parse(part);
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
