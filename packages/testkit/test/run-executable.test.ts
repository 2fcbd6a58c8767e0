// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory, waitFor } from "@repo/testkit";
import { type Executable, type ExecutableOptions, runExecutable } from "@repo/testkit/process";
import { test as base } from "vitest";

/** Runs Node scripts given as text. */
type RunScript = (script: string, options?: Omit<ExecutableOptions, "file">) => Promise<Executable>;

const test = base.extend<{ run: RunScript }>({
  run: async ({ task: _task }, use) => {
    await using stack = new AsyncDisposableStack();
    const directory = stack.use(await testDirectory());
    let count = 0;
    await use(async (script, options = {}) => {
      const file = join(directory.path, `script-${count++}.mjs`);
      await writeFile(file, script);
      return stack.use(await runExecutable({ ...options, file }));
    });
  },
});

const forever = "setInterval(() => {}, 1000);";

test("tells the exit code and both outputs as lines", async ({ run, expect }) => {
  const child = await run(
    `console.log("one\\r\\ntwo"); console.error("three"); process.stdout.write("fünf"); process.exitCode = 7;`,
  );
  const exit = await child.waitForExit();
  expect(exit).toMatchObject({ code: 7, signal: null });
  expect([...child.stdout.lines]).toEqual(["one", "two", "fünf"]);
  expect(child.stderr.text).toBe("three\n");
});

test("tells the signal that ended a process", async ({ run, expect }) => {
  const child = await run(forever);
  child.kill("SIGTERM");
  expect(await child.waitForExit()).toMatchObject({ code: null, signal: "SIGTERM" });
});

test("puts a character together that came in two pieces", async ({ run, expect }) => {
  const child = await run(`
    process.stdout.write(Buffer.from([0xc3]), () => setImmediate(() => process.stdout.write(Buffer.from([0xbc, 0x0a]))));
  `);
  await child.waitForExit();
  expect([...child.stdout.lines]).toEqual(["ü"]);
});

test("inherits nothing of the environment that was not named", async ({ run, expect }) => {
  const print = "console.log(JSON.stringify(Object.keys(process.env).sort()));";
  const empty = await run(print);
  const some = await run(print, { env: { A: "1", B: undefined }, inheritEnv: ["PATH", "NO_SUCH_VARIABLE"] });
  await Promise.all([empty.waitForExit(), some.waitForExit()]);
  expect([...empty.stdout.lines, ...some.stdout.lines]).toEqual(["[]", '["A","PATH"]']);
});

test("finds a line that was written before and one that comes later", async ({ run, expect }) => {
  const child = await run(
    `console.log("first 1"); process.stdin.on("data", (text) => console.log("echo " + text));`,
    { stdin: "pipe" },
  );
  await child.stdout.waitForLine(/^first \d$/);
  child.write("hello");
  expect(await child.stdout.waitForLine((line) => line.startsWith("echo"))).toBe("echo hello");
  expect(await child.stdout.waitForLine(/first/)).toBe("first 1");
  child.endInput();
  expect(await child.waitForExit()).toMatchObject({ code: 0 });
});

test("says at once that a line will not come when the output has ended", async ({ run, expect }) => {
  const child = await run(`console.log("only this");`);
  await expect(child.stdout.waitForLine(/never/, { deadlineMs: 60_000 })).rejects.toThrow(
    /ended without a line.*only this/s,
  );
});

test("says at the deadline which line did not come", async ({ run, expect }) => {
  const child = await run(forever);
  await expect(child.stdout.waitForLine(/never/, { deadlineMs: 1 })).rejects.toThrow(
    /did not write within 1 ms.*wrote nothing/s,
  );
  await expect(child.waitForExit({ deadlineMs: 1 })).rejects.toThrow(/did not end within 1 ms/);
});

test("keeps the newest lines when told how many", async ({ run, expect }) => {
  const child = await run(`for (let i = 0; i < 1000; i++) console.log(i);`, { keepLines: 10 });
  await child.waitForExit();
  expect(child.stdout.lines.length).toBeLessThan(20);
  expect(child.stdout.lines.at(-1)).toBe("999");
});

test("measures the peak of memory, also when it was given back", async ({ run, expect }) => {
  const child = await run(`
    let block = Buffer.alloc(300 * 1024 * 1024, 1);
    block = undefined;
    console.log("allocated");
    ${forever}
  `);
  await child.stdout.waitForLine(/allocated/);
  expect(child.peakMemoryBytes).toBeGreaterThan(300 * 1024 * 1024);
  child.kill("SIGKILL");
  expect((await child.waitForExit()).peakMemoryBytes).toBeGreaterThan(300 * 1024 * 1024);
});

test("ends the children of the process too", async ({ run, expect }) => {
  const child = await run(`
    import { spawn } from "node:child_process";
    const grandchild = spawn(process.execPath, ["-e", "${forever}"], { stdio: "inherit" });
    console.log(grandchild.pid);
    ${forever}
  `);
  const grandchild = await child.stdout.waitForLine(/^\d+$/);
  await child[Symbol.asyncDispose]();
  await waitFor(() => !isRunning(grandchild), { what: "the grandchild to end" });
  expect(child.exit).toMatchObject({ signal: "SIGKILL" });
});

test("ends children that outlived the process, and does not wait for them to tell the exit", async ({
  run,
  expect,
}) => {
  const child = await run(`
    import { spawn } from "node:child_process";
    const grandchild = spawn(process.execPath, ["-e", "${forever}"], { stdio: "inherit" });
    console.log(grandchild.pid);
    process.exit(3);
  `);
  const grandchild = await child.stdout.waitForLine(/^\d+$/);
  expect(await child.waitForExit()).toMatchObject({ code: 3 });
  expect(isRunning(grandchild)).toBe(true);
  await child[Symbol.asyncDispose]();
  await waitFor(() => !isRunning(grandchild), { what: "the grandchild to end" });
});

test("the kernel ends a child that dies with its parent, even if that is killed", async ({ run, expect }) => {
  const process = join(import.meta.dirname, "..", "src", "process", "index.ts");
  const parent = await run(
    `
    const { runExecutable } = await import(${JSON.stringify(process)});
    const child = await runExecutable({ file: globalThis.process.execPath, args: ["-e", "${forever}"], diesWithParent: true });
    console.log(child.pid);
    ${forever}
  `,
    { inheritEnv: ["PATH"] },
  );
  const child = await parent.stdout.waitForLine(/^\d+$/);
  parent.kill("SIGKILL");
  await waitFor(() => !isRunning(child), { what: "the child to end" });
  expect(await parent.waitForExit()).toMatchObject({ signal: "SIGKILL" });
});

test("says which program cannot be started", async ({ expect }) => {
  await expect(runExecutable({ file: "/nonexistent/program" })).rejects.toThrow(
    /\/nonexistent\/program cannot be started: .*ENOENT/,
  );
});

/** A killed process may stay in the table as a zombie until its new parent has looked. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}/exe`);
}
