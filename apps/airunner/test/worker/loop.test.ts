// SPDX-License-Identifier: Apache-2.0
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { waitFor } from "@repo/testkit";
import { describe, test } from "vitest";
import { ResultReason } from "../../src/gen/job/v1/job_pb.ts";
import { kindsOf, outputOf, ScriptedServer } from "./scripted-server.ts";
import { lastAttempt, resultOf, shared, shell } from "./shell-jobs.ts";
import { testWorker } from "./worker-fixture.ts";

describe("what a job's end is", () => {
  test.for([
    [
      "an exit with 0",
      shell("exit 0"),
      { success: true, exitCode: 0, signal: "", reason: ResultReason.EXITED },
    ],
    [
      "an exit with 3",
      shell("exit 3"),
      { success: false, exitCode: 3, signal: "", reason: ResultReason.EXITED },
    ],
    [
      "a signal of its own",
      shell("kill -9 $$"),
      { success: false, exitCode: 137, signal: "SIGKILL", reason: ResultReason.SIGNALED },
    ],
    [
      "its time limit",
      shell("sleep 600", { timeoutSeconds: 1 }),
      { success: false, exitCode: 143, signal: "SIGTERM", reason: ResultReason.TIMED_OUT },
    ],
    [
      "a command that is not there",
      { command: "no-such-command" },
      { success: false, exitCode: 0, reason: ResultReason.START_FAILED },
    ],
    [
      "a container",
      shell("exit 0", { container: { enabled: true } }),
      { success: false, reason: ResultReason.START_FAILED },
      /container/,
    ],
    ["no parameters", undefined, { success: false, reason: ResultReason.START_FAILED }, /no parameters/],
    ["nothing to run", {}, { success: false, reason: ResultReason.START_FAILED }, /neither/],
  ] as const)("%s", async ([, params, wanted, sentence = /./], { expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address });
    server.submit(params, "job");
    const result = await resultOf(server, "job");
    expect(result).toMatchObject(wanted);
    if (result.success) expect(result.errorMessage).toBe("");
    else expect(result.errorMessage).toMatch(sentence);
    await waitFor(async () => (await worker.spools()).length === 0, { what: "the spool to be removed" });
  });
});

describe("the log of an attempt", () => {
  test("begins with the start, ends with the end, and has dense numbers", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({ address: server.address });
    server.submit(shell("echo out; echo err >&2; exit 4"), "job");
    await resultOf(server, "job");
    const [attempt] = server.attemptsOf("job");
    if (attempt === undefined) throw new Error("no attempt");
    expect(kindsOf(attempt)).toEqual(["processStart", "outputBatch", "processEnd"]);
    const end = attempt.events.at(-1)?.eventData;
    expect(end).toMatchObject({ case: "processEnd", value: { exitCode: 4, signal: "" } });
    expect(outputOf(attempt).toString().split("\n").toSorted()).toEqual(["", "err", "out"]);
  });

  test("holds 5 MB without a newline, byte for byte", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({ address: server.address });
    server.submit(shell("head -c 5000000 /dev/zero | tr '\\0' 'x'"), "job");
    expect(await resultOf(server, "job")).toMatchObject({ success: true });
    const [attempt] = server.attemptsOf("job");
    expect(attempt && outputOf(attempt).equals(Buffer.alloc(5_000_000, "x"))).toBe(true);
  });

  test("says of a silent process that it lives", async ({ expect }) => {
    await using server = await ScriptedServer.start({ execution: { heartbeatIntervalSeconds: 1 } });
    await using _worker = await testWorker({ address: server.address });
    server.submit(shell("sleep 1.5"), "job");
    await resultOf(server, "job");
    const [attempt] = server.attemptsOf("job");
    const beats = attempt?.events.filter(({ eventData }) => eventData.case === "heartbeat") ?? [];
    expect(beats.length).toBeGreaterThan(0);
    expect(beats[0]?.eventData).toMatchObject({ value: { processAlive: true } });
  });

  test("a line is there soon, while the process runs on", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address });
    server.submit(shell("echo early; sleep 600"), "job");
    const attempt = await waitFor(() => server.attemptsOf("job").at(-1));
    await waitFor(() => outputOf(attempt).length > 0);
    expect(outputOf(attempt).toString()).toBe("early\n");
    expect(attempt.result).toBeUndefined();
    worker.force();
  });
});

describe("where and with what a job runs", () => {
  test("in the workspace or a folder that it names", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address });
    server.submit(shell("pwd", { workingDirectory: "." }), "here");
    server.submit(shell("pwd", { workingDirectory: "/" }), "there");
    await resultOf(server, "there");
    const outputs = ["here", "there"].map((id) =>
      server.attemptsOf(id).map((one) => outputOf(one).toString().trim()),
    );
    expect(outputs).toEqual([[worker.workspace], ["/"]]);
  });

  test("else in an empty folder of its own, which goes with it", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address, concurrency: 2 });
    for (const id of ["one", "two"]) server.submit(shell("pwd; ls -A; mkdir -m 0 left; touch mine"), id);
    const folders = [];
    for (const id of ["one", "two"]) {
      expect(await resultOf(server, id)).toMatchObject({ success: true });
      folders.push(outputOf(lastAttempt(server, id)).toString().trimEnd());
    }
    expect(new Set(folders).size).toBe(2);
    for (const folder of folders) expect(dirname(folder)).toBe(worker.workspace);
    expect(await worker.workspaceEntries()).toEqual([]);
  });

  test("never with the worker's token; with what the worker allows", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({
      address: server.address,
      env: { PATH: process.env["PATH"], AIRUNNER_TOKEN: "hush", CACHE: "/var/cache", OTHER: "x" },
      envAllow: ["CACHE"],
    });
    server.submit(shell("env", { environment: { GREETING: "hello" } }), "job");
    await resultOf(server, "job");
    const names = outputOf(lastAttempt(server, "job"))
      .toString()
      .split("\n")
      .map((line) => line.split("=")[0]);
    expect(names).toEqual(expect.arrayContaining(["PATH", "CACHE", "GREETING", "AIRUNNER_JOB_ID"]));
    expect(names).not.toContain("AIRUNNER_TOKEN");
    expect(names).not.toContain("OTHER");
  });

  test("two at a time where two are allowed, the third after one of them", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address, concurrency: 2 });
    const meet = (own: string, other: string) =>
      shell(`touch ${own}; until [ -e ${other} ]; do sleep 0.02; done`, shared);
    server.submit(meet("one", "two"), "one");
    server.submit(meet("two", "one"), "two");
    server.submit(shell("exit 0"), "three");
    for (const id of ["one", "two", "three"])
      expect(await resultOf(server, id)).toMatchObject({ success: true });
    expect((await readdir(worker.workspace)).toSorted()).toEqual(["one", "two"]);
    expect(Math.max(...server.dequeued.map(({ maxJobs }) => maxJobs))).toBe(2);
  });
});
