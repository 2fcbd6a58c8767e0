// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { waitFor } from "@repo/testkit";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { describe, test } from "vitest";

const file = join(import.meta.dirname, "fixtures", "program.ts");

function start(behaviour: string, drainMs = 20_000): Promise<Executable> {
  return runExecutable({ file, args: [behaviour, String(drainMs), "report"] });
}

async function until(program: Executable, line: string): Promise<void> {
  await waitFor(() => program.stdout.lines.includes(line), { what: `the line "${line}"` });
}

/** Again and again until it works, because one signal alone may be taken for an echo of the one before. */
async function signalUntilExit(program: Executable, signal: NodeJS.Signals): Promise<void> {
  await waitFor(
    () => {
      if (program.exit === undefined) program.kill(signal);
      return program.exit !== undefined;
    },
    { everyMs: 50, what: `an end by ${signal}` },
  );
}

describe("the exit code", () => {
  test.for([
    ["job", 0, []],
    ["job-with-code", 7, []],
    ["job-with-bad-code", 1, ["fatal: An exit code must be a whole number from 0 to 255."]],
    ["job-fails", 1, ["fatal: bucket is gone"]],
    ["throws-before-it-waits", 1, ["fatal: early"]],
    ["bad-settings", 2, ["fatal: The environment is not usable: FIXTURE_NEEDED is required."]],
    ["dispose-fails", 1, ["fatal: cannot close"]],
  ] as const)("of %s is %i", async ([behaviour, code, lines], { expect }) => {
    await using program = await start(behaviour);
    expect(await program.waitForExit()).toMatchObject({ code, signal: null });
    expect(program.stdout.lines).toEqual([...lines, "returned"]);
  });

  test.for([
    ["serve", "SIGTERM", 0],
    ["serve", "SIGINT", 0],
    ["serve", "SIGHUP", 0],
    ["serve-with-code", "SIGTERM", 9],
    ["interrupted", "SIGTERM", 143],
    ["interrupted", "SIGINT", 130],
    ["interrupted", "SIGHUP", 129],
    ["interrupted-job-says-so", "SIGTERM", 143],
  ] as const)("of %s after %s is %i", async ([behaviour, signal, code], { expect }) => {
    await using program = await start(behaviour);
    await until(program, "ready");
    program.kill(signal);
    expect(await program.waitForExit()).toMatchObject({ code, signal: null });
    expect(program.stdout.lines).toEqual(expect.arrayContaining(["ready", "returned"]));
    expect(program.stdout.text).not.toContain("fatal");
  });

  test("may be taken from the reason of the signal", async ({ expect }) => {
    await using program = await start("prints-the-reason");
    await until(program, "ready");
    program.kill("SIGHUP");
    await program.waitForExit();
    expect(program.stdout.lines).toContain('{"name":"ShutdownSignal","signal":"SIGHUP","exitCode":129}');
  });
});

describe("stopping", () => {
  test("unwinds the stack in reverse, also when start fails half way", async ({ expect }) => {
    await using program = await start("unwinds");
    expect(await program.waitForExit()).toMatchObject({ code: 1 });
    expect(program.stdout.lines).toEqual([
      "fatal: half way",
      "closed third",
      "closed second",
      "closed first",
      "returned",
    ]);
  });

  test.for(["never-drains"])("%s is ended at the drain deadline", async (behaviour, { expect }) => {
    await using program = await start(behaviour, 200);
    await until(program, "ready");
    program.kill("SIGTERM");
    expect(await program.waitForExit()).toMatchObject({ code: 143, signal: null });
    expect(program.stdout.lines.at(-1)).toMatch(
      /^fatal: fixture did not stop within 200 ms and was ended; still open: .*TCPServerWrap/,
    );
  });

  test("a disposal that hangs is ended at the drain deadline", async ({ expect }) => {
    await using program = await start("never-disposes", 200);
    expect(await program.waitForExit()).toMatchObject({ code: 1, signal: null });
    expect(program.stdout.lines).toEqual([
      "disposing",
      expect.stringContaining("did not stop within 200 ms"),
    ]);
  });

  test("a second, different signal ends it at once", async ({ expect }) => {
    await using program = await start("never-drains");
    await until(program, "ready");
    program.kill("SIGTERM");
    await until(program, "draining");
    program.kill("SIGINT");
    expect(await program.waitForExit({ deadlineMs: 10_000 })).toMatchObject({ code: 143, signal: null });
    expect(program.stdout.lines.at(-1)).toBe("fatal: fixture was ended at once by a second signal, SIGINT.");
  });

  test("the same signal once more ends it at once", async ({ expect }) => {
    await using program = await start("never-drains");
    await until(program, "ready");
    await signalUntilExit(program, "SIGINT");
    expect(program.exit).toMatchObject({ code: 130, signal: null });
    expect(program.stdout.lines.at(-1)).toBe("fatal: fixture was ended at once by a second signal, SIGINT.");
  });

  test("what is left open does not keep a finished program alive, nor change its exit code", async ({
    expect,
  }) => {
    await using program = await start("leaves-open");
    expect(await program.waitForExit()).toMatchObject({ code: 5, signal: null });
    expect(program.stdout.lines).toEqual([
      "returned",
      expect.stringMatching(/^fatal: fixture has finished but left open: .*Timeout.*; it was ended\.$/),
    ]);
  });

  test("a program that waits for nothing fails instead of ending with success", async ({ expect }) => {
    await using program = await start("has-nothing-to-wait-for");
    expect(await program.waitForExit()).toMatchObject({ code: 1, signal: null });
    expect(program.stdout.lines).toEqual([
      "fatal: fixture has nothing left to wait for although it has not finished.",
    ]);
  });
});

describe("an unexpected fault", () => {
  test.for([
    ["rejects-unhandled", "nobody looks"],
    ["throws-in-a-timer", "out of the blue"],
  ] as const)(
    "(%s) is told, drains in order and makes the exit code 1",
    async ([behaviour, message], { expect }) => {
      await using program = await start(behaviour);
      expect(await program.waitForExit()).toMatchObject({ code: 1, signal: null });
      expect(program.stdout.lines.toSorted()).toEqual(
        [`fatal: ${message}`, "draining", "ready", "returned"].toSorted(),
      );
    },
  );

  test("that is a rejection is not lost where Node was told only to warn", async ({ expect }) => {
    const nodeArgs = ["--unhandled-rejections=warn"];
    await using program = await runExecutable({
      file,
      nodeArgs,
      args: ["rejects-unhandled", "20000", "report"],
    });
    expect(await program.waitForExit()).toMatchObject({ code: 1, signal: null });
    expect(program.stdout.lines).toContain("fatal: nobody looks");
  });

  test("is one JSON line on standard output unless the program says otherwise", async ({ expect }) => {
    await using program = await runExecutable({ file, args: ["job-fails"] });
    expect(await program.waitForExit()).toMatchObject({ code: 1 });
    const [line = ""] = program.stdout.lines;
    expect(JSON.parse(line)).toMatchObject({
      level: "error",
      service: "fixture",
      err: { message: "bucket is gone" },
    });
    expect(program.stderr.lines).toEqual([]);
  });
});
