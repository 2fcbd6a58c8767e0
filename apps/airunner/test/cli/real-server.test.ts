// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { waitFor } from "@repo/testkit";
import { startFaultProxy } from "@repo/testkit/fault-proxy";
import { test } from "vitest";
import {
  type DequeueJobResponse,
  JobResultSchema,
  JobState,
  ResultReason,
} from "../../src/gen/job/v1/job_pb.ts";
import { type Clients, startTestServer } from "../server/support/running-server.ts";
import { batchEvent, endEvent, linesOf, startEvent } from "./support/job-log.ts";
import { runCommand, startCommand } from "./support/run-command.ts";

/** Takes the next job as a worker does. */
async function take({ jobs }: Clients, queue = "default"): Promise<DequeueJobResponse> {
  for await (const claimed of jobs.dequeueJob({ queue, maxJobs: 1, worker: "w1" }, { timeoutMs: 10_000 })) {
    return claimed;
  }
  throw new Error("There was no job.");
}

async function finish({ jobs }: Clients, claimed: DequeueJobResponse, exitCode: number): Promise<void> {
  await jobs.completeJob({
    taskToken: claimed.taskToken,
    jobResult: create(JobResultSchema, {
      jobId: claimed.job?.jobId ?? "",
      success: exitCode === 0,
      exitCode,
      reason: ResultReason.EXITED,
    }),
  });
}

test("a job is submitted, watched live, and its exit code handed on", async ({ expect }) => {
  await using server = await startTestServer();
  const worker = server.clients();
  const running = startCommand(["submit", `--server=${server.server.url}`, "--", "sh", "-c", "exit 3"]);
  const claimed = await take(worker);
  const { taskToken } = claimed;
  expect(claimed.job?.jobParams).toMatchObject({
    command: "sh",
    args: ["-c", "exit 3"],
    owner: "airunner-user",
  });
  await worker.events.appendJobEvents({
    taskToken,
    events: [startEvent(1), batchEvent(2, ["line 1\n", "line 2\n"])],
  });
  await waitFor(() => running.stdout.text.includes("line 2\n"));
  await worker.events.appendJobEvents({ taskToken, events: [endEvent(4, 3)] });
  await finish(worker, claimed, 3);
  expect(await running.exitCode).toBe(3);
  expect(running.stdout.text).toContain(
    "❌ FAILED Process ended (PID: 4711, Exit Code: 3, Duration: 2.5s)\n",
  );

  const jobId = claimed.job?.jobId ?? "";
  const list = await runCommand(["list", "--state=failed", `--server=${server.server.url}`]);
  expect(list.stdout).toMatch(new RegExp(`^${jobId} default .* failed .* exit 3$`, "m"));
  const show = await runCommand(["show", jobId, `--server=${server.server.url}`]);
  expect(show.stdout).toMatch(/^ {2}1 +failed +w1 .* The command exited with code 3\.$/m);
  const queues = await runCommand(["queues", `--server=${server.server.url}`]);
  expect(queues.stdout).toMatch(/^default +0 +0 +0 +0 +1 /m);
});

test("the monitor loses nothing and repeats nothing while the network breaks and the job writes", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using proxy = await startFaultProxy({ target: server.server.url });
  const worker = server.clients();
  const { stdout: id } = await runCommand(["submit", "-q", `--server=${server.server.url}`, "--", "x"]);
  const jobId = id.trim();
  const claimed = await take(worker);
  const { taskToken } = claimed;
  const running = startCommand(["monitor", "--output-only", `--server=${proxy.url}`, jobId]);
  const breaks = 6;
  for (let round = 0; round < breaks; round += 1) {
    const first = round * 50 + 1;
    const texts = Array.from({ length: 50 }, (_, index) => `line ${first + index}\n`);
    await worker.events.appendJobEvents({ taskToken, events: [batchEvent(first, texts)] });
    // Somewhere in the round's output, or before it.
    if (round % 2 === 0) await waitFor(() => running.stdout.text.includes(`line ${first}\n`));
    proxy.resetAll();
  }
  await worker.events.appendJobEvents({ taskToken, events: [endEvent(breaks * 50 + 1, 0)] });
  await finish(worker, claimed, 0);
  expect(await running.exitCode).toBe(0);
  expect(running.stdout.text).toBe(linesOf(breaks * 50));
  expect(running.stderr.text).toContain("the connection was lost");
});

test("a reader that starts inside of a batch gets the rest of it", async ({ expect }) => {
  await using server = await startTestServer();
  const worker = server.clients();
  const { stdout: id } = await runCommand(["submit", "-q", `--server=${server.server.url}`, "--", "x"]);
  const claimed = await take(worker);
  const texts = Array.from({ length: 50 }, (_, index) => `line ${index + 1}\n`);
  await worker.events.appendJobEvents({ taskToken: claimed.taskToken, events: [batchEvent(1, texts)] });
  await finish(worker, claimed, 0);
  const args = [
    "--output-only",
    "--from-sequence=25",
    "--event-filter=output",
    `--server=${server.server.url}`,
  ];
  const { stdout } = await runCommand(["monitor", ...args, id.trim()]);
  expect(stdout).toBe(linesOf(50).slice(linesOf(24).length));
});

test("cancel and retry change a job, and refuse where that cannot be", async ({ expect }) => {
  await using server = await startTestServer();
  const at = `--server=${server.server.url}`;
  const { stdout } = await runCommand(["submit", "-q", at, "--queue=slow", "--delay=1h", "--", "x"]);
  const id = stdout.trim();
  expect(await runCommand(["retry", at, id])).toMatchObject({ exitCode: 1, stdout: "" });
  expect(await runCommand(["cancel", at, id, "--reason=no need"])).toMatchObject({
    exitCode: 0,
    stdout: `Job ${id} is cancelled\n`,
  });
  const monitored = await runCommand(["monitor", at, id]);
  expect(monitored.exitCode).toBe(130);
  expect(monitored.stdout).toContain("❌ The job was cancelled: no need");
  expect(await runCommand(["retry", at, id])).toMatchObject({
    exitCode: 0,
    stdout: `Job ${id} is scheduled again\n`,
  });
  const listed = await runCommand(["list", at, "--json", "--queue=slow"]);
  expect(JSON.parse(listed.stdout)).toMatchObject({
    jobs: [{ jobId: id, state: "JOB_STATE_SCHEDULED" }],
    total: "1",
  });
});

test.for([
  ["a job that does not exist", "0193a2f0-0000-7000-8000-000000000001", 66],
  ["an id that is none", "../etc", 65],
] as const)("monitor, show, cancel and retry refuse %s", async ([, id, code], { expect }) => {
  await using server = await startTestServer();
  for (const command of ["monitor", "show", "cancel", "retry"]) {
    const { exitCode, stderr } = await runCommand([command, id, `--server=${server.server.url}`]);
    expect([command, exitCode]).toEqual([command, code]);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  }
});

test("one request id makes one job, and is refused for another", async ({ expect }) => {
  await using server = await startTestServer();
  const submit = (command: string) =>
    runCommand(["submit", "-q", `--server=${server.server.url}`, "--request-id=build-7", "--", command]);
  const [first, again, other] = [await submit("make"), await submit("make"), await submit("rm")];
  expect(again.stdout).toBe(first.stdout);
  expect(other.exitCode).toBe(65);
  const { jobs } = await server.clients().jobs.listJobs({});
  expect(jobs.map((job) => job.state)).toEqual([JobState.SCHEDULED]);
});
