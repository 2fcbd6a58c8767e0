// SPDX-License-Identifier: Apache-2.0
import { testDirectory, waitFor } from "@repo/testkit";
import { test } from "vitest";
import { kindsOf, outputOf, ScriptedServer, unavailable } from "./scripted-server.ts";
import { lastAttempt, resultOf, shared, shell } from "./shell-jobs.ts";
import { startVictim } from "./victim.ts";
import { testWorker } from "./worker-fixture.ts";

test("a worker killed in the middle: the next one gives the job back, its log dense and whole to the kill", async ({
  expect,
}) => {
  await using server = await ScriptedServer.start();
  await using folder = await testDirectory("worker");
  await using victim = startVictim(server.address, folder.path);
  server.submit(shell("i=0; while :; do i=$((i+1)); echo line $i; done"), "job");
  await waitFor(() => outputOf(lastAttempt(server, "job")).length > 200_000, { deadlineMs: 30_000 });
  // From here on its output stays on the disk, until it is killed.
  server.faultAt = (call) => (call === "append" ? unavailable() : undefined);
  await waitFor(async () => {
    const tries = server.counts.append;
    await waitFor(() => server.counts.append > tries + 1);
    return true;
  });
  const attempt = lastAttempt(server, "job");
  const told = outputOf(attempt).length;
  await victim.kill();
  server.faultAt = () => undefined;

  await using worker = await testWorker({ address: server.address, folder: folder.path });
  await waitFor(() => attempt.isReleased, { what: "the job to be given back", deadlineMs: 30_000 });
  const text = outputOf(attempt).toString();
  expect(text.length).toBeGreaterThan(told);
  const lines = text.split("\n").slice(0, -1);
  expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
  expect(kindsOf(attempt)).toEqual(["processStart", "outputBatch", "processError"]);
  await waitFor(async () => (await worker.spools()).length === 0);
});

test("a worker killed after the process's end: the result is told all the same, and the job runs once", async ({
  expect,
}) => {
  await using server = await ScriptedServer.start({
    faultAt: (call) => (call === "complete" ? unavailable() : undefined),
  });
  await using folder = await testDirectory("worker");
  await using victim = startVictim(server.address, folder.path);
  server.submit(shell("echo worked; exit 9"), "job");
  await waitFor(() => server.counts.complete > 1, { deadlineMs: 30_000 });
  await victim.kill();
  server.faultAt = () => undefined;

  await using _worker = await testWorker({ address: server.address, folder: folder.path });
  expect(await resultOf(server, "job")).toMatchObject({ success: false, exitCode: 9 });
  expect(server.attemptsOf("job")).toHaveLength(1);
  expect(outputOf(lastAttempt(server, "job")).toString()).toBe("worked\n");
});

test("two workers share a folder: neither touches what the other still works on", async ({ expect }) => {
  await using server = await ScriptedServer.start();
  await using folder = await testDirectory("worker");
  await using one = await testWorker({ address: server.address, folder: folder.path });
  server.submit(shell("echo begun; until [ -e go ]; do sleep 0.02; done", shared), "job");
  await waitFor(() => outputOf(lastAttempt(server, "job")).length > 0);
  await using other = await testWorker({ address: server.address, folder: folder.path });
  server.submit(shell("touch go", shared), "other");
  expect(await resultOf(server, "other")).toMatchObject({ success: true });
  expect(await resultOf(server, "job")).toMatchObject({ success: true });
  expect(server.counts.release).toBe(0);
  await waitFor(async () => (await one.spools()).length === 0);
  await waitFor(async () => (await other.spools()).length === 0);
});
