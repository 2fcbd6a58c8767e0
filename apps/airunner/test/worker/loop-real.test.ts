// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { testDirectory, waitFor } from "@repo/testkit";
import { startFaultProxy } from "@repo/testkit/fault-proxy";
import { test as base, describe } from "vitest";
import {
  AttemptState,
  type GetJobResponse,
  type JobEvent,
  type JobParamsSchema,
  JobResultSchema,
  JobState,
  ResultReason,
} from "../../src/gen/job/v1/job_pb.ts";
import { readSpoolHeader } from "../../src/worker/spool/left-spool.ts";
import { type Clients, startTestServer } from "../server/support/running-server.ts";
import { commit, git, startGitServer } from "./git-server.ts";
import { expectedLines, manyLines, shared, shell } from "./shell-jobs.ts";
import { startVictim } from "./victim.ts";
import { testWorker } from "./worker-fixture.ts";

// The worker against the server as it is started, in this process, with the memory store.

type Params = MessageInitShape<typeof JobParamsSchema>;

const test = base;

let nextRequest = 0;

async function submit({ jobs }: Clients, jobParams: Params, queue = "default"): Promise<string> {
  nextRequest += 1;
  return (await jobs.enqueueJob({ requestId: `request ${nextRequest}`, queue, jobParams })).jobId;
}

/** The job once it has ended. */
async function ended({ jobs }: Clients, jobId: string): Promise<GetJobResponse & { state: JobState }> {
  return await waitFor(
    async () => {
      const record = await jobs.getJob({ jobId });
      const state = record.job?.state ?? JobState.UNSPECIFIED;
      return state >= JobState.COMPLETED ? { ...record, state } : undefined;
    },
    { what: `${jobId} to end`, deadlineMs: 40_000 },
  );
}

/** Everything in the log of one attempt. */
async function logOf({ events }: Clients, jobId: string, attempt: number): Promise<JobEvent[]> {
  const log: JobEvent[] = [];
  for await (const { event } of events.streamJobEvents({ jobId, attempt }))
    if (event !== undefined) log.push(event);
  return log;
}

function bytesOf(log: readonly JobEvent[]): Buffer {
  const items = log.flatMap(({ eventData }) =>
    eventData.case === "outputBatch" ? eventData.value.outputs : [],
  );
  return Buffer.concat(items.map(({ output }) => output));
}

function expectDense(log: readonly JobEvent[]): boolean {
  let last = 0;
  return log.every(({ sequence, eventData }) => {
    const isNext = Number(sequence) === last + 1;
    last = eventData.case === "outputBatch" ? Number(eventData.value.endSequence) : Number(sequence);
    return isNext;
  });
}

/** The token of the one attempt whose spool is in the folder. */
async function tokenOf(spoolFolder: string): Promise<string> {
  const name = (await readdir(spoolFolder)).find((file) => file.endsWith(".spool"));
  const header = await readSpoolHeader(join(spoolFolder, name ?? "no spool"));
  return header?.taskToken ?? "";
}

async function begun(clients: Clients, jobId: string): Promise<void> {
  for await (const { event } of clients.events.streamJobEvents({ jobId })) {
    if (event?.eventData.case === "outputBatch") return;
  }
}

test("from the submission to the result, exit code and log", async ({ expect }) => {
  await using server = await startTestServer();
  const clients = server.clients();
  await using _worker = await testWorker({ address: server.server.url, name: "worker one" });
  const jobId = await submit(clients, shell(`${manyLines(5000)}; exit 3`));
  const { job, attempts, state } = await ended(clients, jobId);
  expect(state).toBe(JobState.FAILED);
  expect(job?.result).toMatchObject({ exitCode: 3, reason: ResultReason.EXITED });
  expect(attempts).toMatchObject([{ number: 1, worker: "worker one", state: AttemptState.FAILED }]);
  const log = await logOf(clients, jobId, 1);
  expect(bytesOf(log).equals(expectedLines(5000))).toBe(true);
  expect(expectDense(log)).toBe(true);
});

test("a job that is cancelled ends as cancelled", async ({ expect }) => {
  await using server = await startTestServer();
  const clients = server.clients();
  await using _worker = await testWorker({ address: server.server.url, leaseSeconds: 3 });
  const jobId = await submit(clients, shell("echo begun; sleep 600"));
  await begun(clients, jobId);
  await clients.jobs.cancelJob({ jobId, reason: "no need" });
  const { job, state } = await ended(clients, jobId);
  expect(state).toBe(JobState.CANCELLED);
  expect(job?.result).toMatchObject({ reason: ResultReason.CANCELLED, signal: "SIGTERM" });
});

test("what a stopped worker gives back, another does at once", async ({ expect }) => {
  await using server = await startTestServer();
  const clients = server.clients();
  await using folder = await testDirectory("worker");
  await mkdir(join(folder.path, "workspace"));
  const jobId = await submit(clients, shell("echo begun; mkdir once && sleep 600; exit 0", shared));
  {
    await using worker = await testWorker({ address: server.server.url, folder: folder.path, drainMs: 0 });
    await begun(clients, jobId);
    worker.drain();
    await worker.done;
  }
  await using _other = await testWorker({ address: server.server.url, folder: folder.path });
  const { attempts, state } = await ended(clients, jobId);
  expect(state).toBe(JobState.COMPLETED);
  expect(attempts.map((attempt) => attempt.state)).toEqual([AttemptState.RELEASED, AttemptState.SUCCEEDED]);
});

test("the job of a worker that was killed starts again as soon as that one is back", async ({ expect }) => {
  await using server = await startTestServer();
  const clients = server.clients();
  await using folder = await testDirectory("worker");
  await using victim = startVictim(server.server.url, folder.path);
  const jobId = await submit(clients, shell("echo begun; mkdir once && sleep 600; exit 0", shared));
  await begun(clients, jobId);
  await victim.kill();
  // Its lease of 300 s is longer than this test may take.
  await using _worker = await testWorker({ address: server.server.url, folder: folder.path });
  const { attempts, state } = await ended(clients, jobId);
  expect(state).toBe(JobState.COMPLETED);
  expect(attempts.map((attempt) => attempt.state)).toEqual([AttemptState.RELEASED, AttemptState.SUCCEEDED]);
  const first = await logOf(clients, jobId, 1);
  expect(bytesOf(first).toString()).toBe("begun\n");
  expect(first.at(-1)?.eventData.case).toBe("processError");
});

test("60 jobs of two queues, eight at a time: each runs once", async ({ expect }) => {
  await using server = await startTestServer();
  const clients = server.clients();
  const ids = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      submit(clients, shell(`echo ${index}`), index % 4 === 0 ? "rare" : "often"),
    ),
  );
  const queues = [
    { queue: "often", weight: 3 },
    { queue: "rare", weight: 1 },
  ];
  await using _worker = await testWorker({ address: server.server.url, queues, concurrency: 8 });
  for (const [index, jobId] of ids.entries()) {
    const { state, attempts } = await ended(clients, jobId);
    expect([state, attempts.length]).toEqual([JobState.COMPLETED, 1]);
    expect(bytesOf(await logOf(clients, jobId, 1)).toString()).toBe(`${index}\n`);
  }
});

test("over a line that breaks again and again, the log is the output byte for byte", async ({ expect }) => {
  await using server = await startTestServer();
  const clients = server.clients();
  // The first connections live for an append or two.
  await using proxy = await startFaultProxy({
    target: server.server.url,
    faultsFor: (index) =>
      index < 10
        ? [{ kind: index % 2 === 0 ? "reset" : "cut", direction: "up", afterBytes: 60_000 + 9000 * index }]
        : [],
  });
  await using worker = await testWorker({ address: proxy.url });
  const jobId = await submit(clients, shell(manyLines(8000, 0.02)));
  const { state } = await ended(clients, jobId);
  expect(state).toBe(JobState.COMPLETED);
  const log = await logOf(clients, jobId, 1);
  expect(bytesOf(log).equals(expectedLines(8000))).toBe(true);
  expect(expectDense(log)).toBe(true);
  expect(proxy.connections.length).toBeGreaterThan(4);
  expect(worker.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("another that completes the job first wins; the worker that lost it stops", async ({ expect }) => {
  await using server = await startTestServer();
  const clients = server.clients();
  await using worker = await testWorker({ address: server.server.url, leaseSeconds: 3 });
  const jobId = await submit(clients, shell("echo begun; sleep 600"));
  await begun(clients, jobId);
  const taskToken = await tokenOf(worker.spoolFolder);
  await clients.jobs.completeJob({ taskToken, jobResult: create(JobResultSchema, { jobId, success: true }) });
  await waitFor(() => worker.lines.some(({ message }) => message.includes("another worker")), {
    deadlineMs: 20_000,
  });
  await waitFor(async () => (await worker.spools()).length === 0);
  expect((await ended(clients, jobId)).state).toBe(JobState.COMPLETED);
});

describe("a job with a repository", () => {
  const test = base.extend<{ repository: (yaml?: string) => Promise<string> }>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
    repository: async ({}, use) => {
      await using folder = await testDirectory("repository");
      await using served = await startGitServer(folder.path);
      await use(async (yaml) => {
        const path = join(folder.path, "one.git");
        await mkdir(path);
        await git(path, "init", "--quiet", "--initial-branch=main");
        const script = '#!/bin/sh\necho "from the repository: $1 $GREETING"\nexit 4\n';
        await commit(path, { "run.sh": script, ...(yaml !== undefined && { ".airunner.yaml": yaml }) });
        return `${served.url}/one.git`;
      });
    },
  });

  test("and a command, to be checked out: the command runs inside", async ({ repository, expect }) => {
    await using server = await startTestServer();
    const clients = server.clients();
    await using worker = await testWorker({ address: server.server.url });
    const url = await repository();
    const jobId = await submit(clients, {
      ...shell(". ./run.sh one"),
      repository: url,
      gitClone: { enabled: true },
    });
    const { job } = await ended(clients, jobId);
    expect(job?.result).toMatchObject({ exitCode: 4, reason: ResultReason.EXITED });
    const log = await logOf(clients, jobId, 1);
    expect(log.map(({ eventData }) => eventData.case)).toEqual([
      "gitCloneStart",
      "gitCloneEnd",
      "processStart",
      "outputBatch",
      "processEnd",
    ]);
    expect(bytesOf(log).toString()).toContain("from the repository:");
    await waitFor(async () => (await worker.workspaceEntries()).length === 0, {
      what: "the checkout to be removed",
    });
  });

  test("and no command: its .airunner.yaml says what to run", async ({ repository, expect }) => {
    await using server = await startTestServer();
    const clients = server.clients();
    await using _worker = await testWorker({ address: server.server.url });
    const yaml = "command: sh\nargs: [./run.sh, two]\nenvironment: { GREETING: hello }\nprocessType: pipe\n";
    const jobId = await submit(clients, { repository: await repository(yaml) });
    const { job } = await ended(clients, jobId);
    expect(job?.result).toMatchObject({ exitCode: 4 });
    expect(bytesOf(await logOf(clients, jobId, 1)).toString()).toBe("from the repository: two hello\n");
  });

  test("and neither a command nor the file: it fails with a sentence that says so", async ({
    repository,
    expect,
  }) => {
    await using server = await startTestServer();
    const clients = server.clients();
    await using _worker = await testWorker({ address: server.server.url });
    const jobId = await submit(clients, { repository: await repository() });
    const { job, state } = await ended(clients, jobId);
    expect(state).toBe(JobState.FAILED);
    expect(job?.result).toMatchObject({ reason: ResultReason.CHECKOUT_FAILED });
    expect(job?.result?.errorMessage).toContain(".airunner.yaml");
  });

  test("that is not there: it fails with git's words", async ({ repository, expect }) => {
    await using server = await startTestServer();
    const clients = server.clients();
    await using _worker = await testWorker({ address: server.server.url });
    const jobId = await submit(clients, { repository: `${await repository()}/none` });
    const { job } = await ended(clients, jobId);
    expect(job?.result).toMatchObject({ success: false, reason: ResultReason.CHECKOUT_FAILED });
    const kinds = (await logOf(clients, jobId, 1)).map(({ eventData }) => eventData.case);
    expect(kinds).toEqual(["gitCloneStart", "gitCloneError", "processError"]);
  });
});
