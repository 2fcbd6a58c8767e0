// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { testDirectory, waitFor } from "@repo/testkit";
import { describe, test } from "vitest";
import { ResultReason } from "../../src/gen/job/v1/job_pb.ts";
import { kindsOf, outputOf, ScriptedServer, unavailable } from "./scripted-server.ts";
import { lastAttempt, resultOf, shared, shell } from "./shell-jobs.ts";
import { testWorker } from "./worker-fixture.ts";

/** Says its process id and waits for TERM; the child must not outlive it either. */
const waits = shell("echo $$; sleep 600 & wait");
/** Does not care for TERM. */
const stubborn = shell("trap '' TERM; echo $$; while :; do sleep 0.05; done");

async function startedPid(server: ScriptedServer, jobId: string): Promise<number> {
  return await waitFor(() => Number(outputOf(lastAttempt(server, jobId)).toString().trim()) || undefined, {
    what: "the job to say its process id",
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a job that is cancelled", () => {
  test("is stopped when the answer to its events says so", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({ address: server.address });
    server.submit(shell("while :; do echo tick; sleep 0.05; done"), "job");
    const attempt = await waitFor(() => server.attemptsOf("job").at(-1));
    await waitFor(() => outputOf(attempt).length > 0);
    attempt.cancelReason = "wrong branch";
    expect(await resultOf(server, "job")).toMatchObject({
      success: false,
      reason: ResultReason.CANCELLED,
      signal: "SIGTERM",
      errorMessage: expect.stringContaining("wrong branch"),
    });
    expect(kindsOf(attempt).slice(-2)).toEqual(["processError", "processEnd"]);
  });

  test("is stopped when the answer to a heartbeat says so, though it is silent", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({ address: server.address, leaseSeconds: 3 });
    server.submit(waits, "job");
    const pid = await startedPid(server, "job");
    lastAttempt(server, "job").cancelReason = "enough";
    expect(await resultOf(server, "job")).toMatchObject({ reason: ResultReason.CANCELLED });
    expect(isAlive(pid)).toBe(false);
    expect(server.extended.every((seconds) => seconds === 3)).toBe(true);
  });

  test("is stopped soon though it is silent and its lease is long", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({ address: server.address });
    server.submit(waits, "job");
    await startedPid(server, "job");
    const attempt = lastAttempt(server, "job");
    attempt.cancelReason = "enough";
    // Neither the heartbeat after 30 s nor the renewal after 100 s comes within this time.
    await waitFor(() => attempt.result, { what: "the result", deadlineMs: 15_000 });
    expect(attempt.result).toMatchObject({ reason: ResultReason.CANCELLED });
    expect(server.extended).toEqual([]);
    expect(kindsOf(attempt)).toEqual(["processStart", "outputBatch", "processError", "processEnd"]);
  });

  test("is killed after the grace when it does not care for TERM", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using _worker = await testWorker({ address: server.address, leaseSeconds: 3, killGraceMs: 200 });
    server.submit(stubborn, "job");
    await startedPid(server, "job");
    lastAttempt(server, "job").cancelReason = "enough";
    expect(await resultOf(server, "job")).toMatchObject({
      reason: ResultReason.CANCELLED,
      signal: "SIGKILL",
    });
  });
});

describe("a job whose lease is lost", () => {
  test("is killed, and nothing is reported; the worker goes on", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address, leaseSeconds: 3 });
    server.submit(waits, "job");
    const pid = await startedPid(server, "job");
    lastAttempt(server, "job").isLost = true;
    await waitFor(() => !isAlive(pid), { what: "the process to be gone" });
    server.submit(shell("exit 0"), "next");
    await resultOf(server, "next");
    expect(lastAttempt(server, "job").result).toBeUndefined();
    expect(server.counts.complete).toBe(1);
    await waitFor(async () => (await worker.spools()).length === 0);
  });

  test("is killed while the server is away, before the lease could end there", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address, leaseSeconds: 2 });
    server.submit(waits, "job");
    const pid = await startedPid(server, "job");
    await server.stop();
    await waitFor(() => !isAlive(pid), { what: "the process to be gone" });
    await waitFor(async () => (await worker.spools()).length === 0);
    expect(worker.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining("ran out"));
  });
});

describe("a worker that is to stop", () => {
  test("lets its job end, takes no other, and ends", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address });
    server.submit(shell("echo $$; until [ -e go ]; do sleep 0.02; done; exit 5; true", shared), "job");
    server.submit(shell("touch go", shared), "never");
    await startedPid(server, "job");
    worker.drain();
    await writeFile(`${worker.workspace}/go`, "");
    await worker.done;
    expect(lastAttempt(server, "job").result).toMatchObject({ exitCode: 5 });
    expect(server.attemptsOf("never")).toEqual([]);
    expect(await worker.spools()).toEqual([]);
  });

  test("gives back what does not end in time, with its output so far", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address, drainMs: 100 });
    server.submit(shell("trap 'echo bye; exit 0' TERM; echo $$; sleep 600 & wait"), "job");
    const pid = await startedPid(server, "job");
    worker.drain();
    await worker.done;
    const attempt = lastAttempt(server, "job");
    expect(isAlive(pid)).toBe(false);
    expect(attempt).toMatchObject({ isReleased: true, result: undefined });
    expect(outputOf(attempt).toString()).toBe(`${pid}\nbye\n`);
    // A PROCESS_END would read as the job's end.
    expect(kindsOf(attempt).at(-1)).toBe("processError");
    expect(await worker.spools()).toEqual([]);
  });

  test("a second signal leaves a job no grace", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using worker = await testWorker({ address: server.address, killGraceMs: 60_000 });
    server.submit(stubborn, "job");
    const pid = await startedPid(server, "job");
    worker.drain();
    worker.force();
    await worker.done;
    expect(isAlive(pid)).toBe(false);
    expect(lastAttempt(server, "job").isReleased).toBe(true);
  });

  test("what it could not hand in, the next worker does", async ({ expect }) => {
    await using server = await ScriptedServer.start();
    await using folder = await testDirectory("worker");
    {
      await using worker = await testWorker({ address: server.address, folder: folder.path });
      server.faultAt = (call) => (call === "complete" || call === "append" ? unavailable() : undefined);
      server.submit(shell("echo done; exit 6"), "job");
      await waitFor(() => server.counts.append > 1);
      worker.drain();
      worker.force();
      await worker.done;
      expect(await worker.spools()).toHaveLength(1);
    }
    server.faultAt = () => undefined;
    await using worker = await testWorker({ address: server.address, folder: folder.path });
    expect(await resultOf(server, "job")).toMatchObject({ exitCode: 6 });
    const attempt = lastAttempt(server, "job");
    expect(server.attemptsOf("job")).toHaveLength(1);
    expect(outputOf(attempt).toString()).toBe("done\n");
    expect(kindsOf(attempt)).toEqual(["processStart", "outputBatch", "processEnd"]);
    await waitFor(async () => (await worker.spools()).length === 0);
  });
});
