// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { waitFor } from "@repo/testkit";
import { describe, test } from "vitest";
import { WorkerError } from "../../src/worker/worker.ts";
import { type Fault, jobError, kindsOf, outputOf, ScriptedServer, unavailable } from "./scripted-server.ts";
import { expectedLines, lastAttempt, manyLines, resultOf, shell } from "./shell-jobs.ts";
import { testWorker } from "./worker-fixture.ts";

const lines = 3000;

describe("the log is the output byte for byte, though", () => {
  test.for<[string, (count: number) => Fault]>([
    ["every second append is refused", (count) => (count % 2 === 1 ? unavailable() : undefined)],
    ["every second answer is lost", (count) => (count % 2 === 1 ? { after: unavailable() } : undefined)],
    ["the connection is cut during appends", (count) => (count % 3 === 1 ? "cut" : undefined)],
    ["the connection is cut after appends", (count) => (count % 3 === 1 ? "cut after" : undefined)],
    [
      "the server is overloaded at first",
      (count) => (count <= 2 ? jobError(Code.ResourceExhausted, "throttled") : undefined),
    ],
  ])("%s", async ([, faultAt], { expect }) => {
    await using server = await ScriptedServer.start({
      faultAt: (call, count) => (call === "append" ? faultAt(count) : undefined),
    });
    await using worker = await testWorker({ address: server.address });
    server.submit(shell(manyLines(lines, 0.02)), "job");
    expect(await resultOf(server, "job")).toMatchObject({ success: true });
    const attempt = lastAttempt(server, "job");
    expect(outputOf(attempt).equals(expectedLines(lines))).toBe(true);
    expect(kindsOf(attempt)).toEqual(["processStart", "outputBatch", "processEnd"]);
    await waitFor(async () => (await worker.spools()).length === 0);
  });

  test("the server goes away in the middle and comes back on the same port", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({ address: server.address });
    server.submit(shell(manyLines(lines, 0.05)), "job");
    await waitFor(() => outputOf(lastAttempt(server, "job")).length > 10_000);
    await server.stop();
    // The process goes on meanwhile; its output waits on the disk.
    const before = outputOf(lastAttempt(server, "job")).length;
    await server.resume();
    expect(await resultOf(server, "job")).toMatchObject({ success: true });
    expect(before).toBeLessThan(lines * 100);
    expect(outputOf(lastAttempt(server, "job")).equals(expectedLines(lines))).toBe(true);
  });
});

describe("a result is told, though", () => {
  test.for<[string, (count: number) => Fault]>([
    ["completing fails three times", (count) => (count <= 3 ? unavailable() : undefined)],
    ["the answer to completing is lost", (count) => (count === 1 ? "cut after" : undefined)],
  ])("%s", async ([, faultAt], { expect }) => {
    await using server = await ScriptedServer.start({
      faultAt: (call, count) => (call === "complete" ? faultAt(count) : undefined),
    });
    await using worker = await testWorker({ address: server.address });
    server.submit(shell("exit 7"), "job");
    expect(await resultOf(server, "job")).toMatchObject({ success: false, exitCode: 7 });
    await waitFor(async () => (await worker.spools()).length === 0);
    expect(server.counts.complete).toBeGreaterThan(1);
  });

  test("the server refuses an event", async ({ expect }) => {
    await using server = await ScriptedServer.start({
      faultAt: (call, count) =>
        call === "append" && count > 1 ? jobError(Code.InvalidArgument, "event_too_large") : undefined,
    });
    await using worker = await testWorker({ address: server.address });
    server.submit(shell("sleep 0.5; echo late"), "job");
    expect(await resultOf(server, "job")).toMatchObject({ success: true });
    expect(worker.lines.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual([
      expect.stringContaining("refuses the job's events"),
    ]);
  });
});

describe("asking for jobs", () => {
  test("goes on after failures, cuts and empty answers", async ({ expect }) => {
    const faults: readonly Fault[] = [unavailable(), "cut", jobError(Code.Unavailable, "store_unavailable")];
    await using server = await ScriptedServer.start({
      faultAt: (call, count) => (call === "dequeue" ? faults[count - 1] : undefined),
    });
    await using _worker = await testWorker({ address: server.address });
    server.submit(shell("exit 0"), "job");
    expect(await resultOf(server, "job")).toMatchObject({ success: true });
    expect(server.counts.dequeue).toBeGreaterThan(3);
  });

  test("waits for no job for longer than a job takes: the next one comes at once", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({ address: server.address });
    for (let job = 1; job <= 20; job += 1) server.submit(shell("exit 0"), `job ${job}`);
    await resultOf(server, "job 20");
    expect(server.attempts).toHaveLength(20);
    // One for each job and the one that waits: nothing was asked for twice.
    expect(server.counts.dequeue).toBeLessThanOrEqual(21);
  });

  test("ends when the token is refused and cannot change", async ({ expect }) => {
    await using server = await ScriptedServer.start({
      faultAt: () => new ConnectError("invalid token", Code.Unauthenticated),
    });
    await using worker = await testWorker({ address: server.address, canTokenChange: false });
    await expect(worker.done).rejects.toThrow(WorkerError);
  });

  test("goes on when the token is refused and another may come", async ({ expect }) => {
    await using server = await ScriptedServer.start({
      faultAt: (_call, count) =>
        count === 1 ? new ConnectError("expired", Code.Unauthenticated) : undefined,
    });
    await using _worker = await testWorker({ address: server.address, canTokenChange: true });
    server.submit(shell("exit 0"), "job");
    expect(await resultOf(server, "job")).toMatchObject({ success: true });
  });
});
