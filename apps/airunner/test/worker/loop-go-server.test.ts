// SPDX-License-Identifier: Apache-2.0
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import type { JobEvent } from "../../src/gen/job/v1/job_pb.ts";
import { kindsOf, outputOf, ScriptedServer } from "./scripted-server.ts";
import { expectedLines, lastAttempt, manyLines, resultOf, shell } from "./shell-jobs.ts";
import { testWorker } from "./worker-fixture.ts";

// What follows is a server without the calls that are ours, as that of the Go program: every unknown call is unimplemented.

function rangeOf({ sequence, eventData }: JobEvent): readonly [number, number] {
  const start = Number(sequence);
  return [start, eventData.case === "outputBatch" ? Number(eventData.value.endSequence) : start];
}

test("runs its jobs, with every event once and in order", async ({ expect }) => {
  await using server = await ScriptedServer.start({ isGoProgram: true });
  await using worker = await testWorker({ address: server.address });
  server.submit(shell(`${manyLines(2000, 0.02)}; exit 3`), "job");
  expect(await resultOf(server, "job")).toMatchObject({ success: false, exitCode: 3 });
  const attempt = lastAttempt(server, "job");
  expect(outputOf(attempt).equals(expectedLines(2000))).toBe(true);
  expect(kindsOf(attempt)).toEqual(["processStart", "outputBatch", "processEnd"]);
  const ranges = attempt.events.map(rangeOf);
  expect(ranges.map(([start]) => start)).toEqual([1, ...ranges.slice(0, -1).map(([, end]) => end + 1)]);
  expect(server.counts.append).toBe(0);
  await waitFor(async () => (await worker.spools()).length === 0);
});

test("gives a job back by a lease that ends now", async ({ expect }) => {
  await using server = await ScriptedServer.start({ isGoProgram: true });
  await using worker = await testWorker({ address: server.address, drainMs: 0 });
  server.submit(shell("echo begun; sleep 600"), "job");
  await waitFor(() => outputOf(lastAttempt(server, "job")).length > 0);
  worker.drain();
  await worker.done;
  expect(server.extended).toContain(0);
  expect(lastAttempt(server, "job").isReleased).toBe(true);
});

test("takes jobs of several queues in turn, though it can wait for one at a time", async ({ expect }) => {
  await using server = await ScriptedServer.start({ isGoProgram: true });
  const queues = ["one", "two", "three"].map((queue) => ({ queue, weight: 1 }));
  await using _worker = await testWorker({ address: server.address, queues, dequeueTurnMs: 50 });
  for (const { queue } of queues) server.submit(shell("exit 0"), `job of ${queue}`, queue);
  for (const { queue } of queues)
    expect(await resultOf(server, `job of ${queue}`)).toMatchObject({ success: true });
});
