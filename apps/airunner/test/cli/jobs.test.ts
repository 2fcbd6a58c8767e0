// SPDX-License-Identifier: Apache-2.0
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { waitFor } from "@repo/testkit";
import { describe, test } from "vitest";
import {
  AttemptState,
  type Job,
  JobParamsSchema,
  JobSchema,
  JobState,
  type ListJobsRequest,
  ResultReason,
} from "../../src/gen/job/v1/job_pb.ts";
import { endedJob, jobId, startMs } from "./support/job-log.ts";
import { runCommand, startCommand } from "./support/run-command.ts";
import { startScriptedServer } from "./support/scripted-server.ts";

const createdAt = timestampFromMs(startMs);

function job(number: number, more: MessageInitShape<typeof JobSchema> = {}): Job {
  const made = create(JobSchema, more);
  made.jobId = `0193a2f0-0000-7000-8000-${String(number).padStart(12, "0")}`;
  made.queue ||= "default";
  made.state ||= JobState.SCHEDULED;
  made.createdAt = createdAt;
  made.jobParams ??= create(JobParamsSchema, { owner: "me" });
  return made;
}

describe("list", () => {
  test("prints the Go program's table, with the queue and the result", async ({ expect }) => {
    const jobs = [
      job(1, {
        jobParams: {
          repository: "github.com/example/a-rather-long-name",
          owner: "somebody-with-a-long-name",
        },
      }),
      job(2, {
        state: JobState.FAILED,
        queue: "builds",
        result: { exitCode: 3, reason: ResultReason.EXITED },
      }),
    ];
    await using server = await startScriptedServer({ jobs: { listJobs: () => ({ jobs, lastPage: 3 }) } });
    const { exitCode, stdout } = await runCommand(["list", `--server=${server.url}`]);
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "Jobs (queue: all, state: all, page: 1/3):",
      "Job ID                               Queue        State           Repository                Owner                Created At           Result",
      "─".repeat(145),
      "0193a2f0-0000-7000-8000-000000000001 default      scheduled       github.com/example/a-r... somebody-with-a-l... 2026-11-21 12:00:00",
      "0193a2f0-0000-7000-8000-000000000002 builds       failed                                    me                   2026-11-21 12:00:00  exit 3",
      "",
      "Total jobs on this page: 2",
      "Pages: 1/3",
      "Use --page=2 to see next page",
      "",
    ]);
  });

  test("makes harmless what a job holds for terminals", async ({ expect }) => {
    const evil = "\u001b]0;pwned\u0007\u001b[2J\u009b31m\u202egnp\r\nJob";
    const jobs = [job(1, { queue: evil, jobParams: { repository: evil, owner: evil } })];
    await using server = await startScriptedServer({
      jobs: {
        listJobs: () => ({ jobs, lastPage: 1 }),
        getJob: () => ({
          job: job(1, { jobParams: { command: evil, environment: { [evil]: evil }, metadata: { a: evil } } }),
          attempts: [{ number: 1, worker: evil, result: { errorMessage: evil } }],
        }),
      },
    });
    for (const args of [["list"], ["show", jobId]]) {
      const { stdout } = await runCommand([...args, `--server=${server.url}`]);
      expect(stdout).toContain("pwned");
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  test("passes its filters on", async ({ expect }) => {
    const requests: ListJobsRequest[] = [];
    await using server = await startScriptedServer({
      jobs: {
        listJobs(request) {
          requests.push(request);
          return { jobs: [], lastPage: 1 };
        },
      },
    });
    const args = [
      "--queue=q",
      "--state=Failed",
      "--page=2",
      "--page-size=7",
      "--newest",
      "--dead=true",
      "--watch=false",
    ];
    const { stdout } = await runCommand(["list", `--server=${server.url}`, ...args]);
    expect(requests).toMatchObject([
      { queue: "q", state: JobState.FAILED, page: 2, pageSize: 7, newestFirst: true, dead: true },
    ]);
    expect(stdout).toBe("Jobs (queue: q, state: Failed, page: 2/1):\nNo jobs found.\n");
  });

  test("refuses a state that is none", async ({ expect }) => {
    const { exitCode, stderr } = await runCommand(["list", "--state=runing"]);
    expect(exitCode).toBe(80);
    expect(stderr).toContain(
      '--state="runing" is none; use scheduled, running, completed, failed, cancelled or all',
    );
  });

  test("lists jobs without parameters, of a server that knows no queue", async ({ expect }) => {
    const jobs = [{ jobId, createdAt }];
    await using server = await startScriptedServer({ jobs: { listJobs: () => ({ jobs, lastPage: 1 }) } });
    const { exitCode, stdout } = await runCommand(["list", `--server=${server.url}`]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${jobId} unknown      unspecified`);
  });

  test("prints one snapshot below the other when piped, over a failure too", async ({ expect }) => {
    let calls = 0;
    await using server = await startScriptedServer({
      jobs: {
        listJobs() {
          calls += 1;
          if (calls === 2) throw new ConnectError("restarting", Code.Unavailable);
          return { jobs: [job(calls)], lastPage: 1 };
        },
      },
    });
    const running = startCommand(["list", "--watch", "--interval=100ms", `--server=${server.url}`]);
    await waitFor(() => running.stdout.text.includes("000000000003"));
    running.interrupt();
    expect(await running.exitCode).toBe(0);
    expect(running.stdout.text).toMatch(
      /Watching jobs \(\d\d:\d\d:\d\d UTC\)\n\nJobs [^]*000000000001[^]*Watching jobs [^]*000000000003/,
    );
    expect(running.stdout.text).not.toContain("\u001b");
    expect(running.stderr.text).toContain("cannot update:");
  });
});

test("list --watch does not begin with a server that fails", async ({ expect }) => {
  await using server = await startScriptedServer({
    jobs: {
      listJobs() {
        throw new ConnectError("restarting", Code.Unavailable);
      },
    },
  });
  const { exitCode, stderr } = await runCommand(["list", "--watch", `--server=${server.url}`]);
  expect(exitCode).toBe(69);
  expect(stderr).toContain("restarting");
});

describe("show", () => {
  test("tells what happened on one page", async ({ expect }) => {
    const { result } = endedJob({ exitCode: 3, message: "tests failed" }).job ?? {};
    await using server = await startScriptedServer({
      jobs: {
        getJob: () => ({
          job: {
            ...(result && { result }),
            jobId,
            state: JobState.FAILED,
            attempt: 2,
            submitter: "jdoe",
            retryPolicy: { maxAttempts: 3, initialBackoff: durationFromMs(1_000) },
            environmentRedacted: true,
            jobParams: {
              command: "sh",
              args: ["-c", "it's"],
              environment: { TOKEN: "" },
              metadata: { team: "a" },
              owner: "me",
            },
          },
          attempts: [
            {
              number: 1,
              state: AttemptState.LOST,
              worker: "w1",
              startedAt: createdAt,
              endedAt: timestampFromMs(startMs + 61_000),
            },
            {
              number: 2,
              state: AttemptState.FAILED,
              worker: "w2",
              lastSequence: 12n,
              result: { exitCode: 3, reason: ResultReason.EXITED },
            },
          ],
        }),
      },
    });
    const { exitCode, stdout } = await runCommand(["show", jobId, `--server=${server.url}`]);
    expect(exitCode).toBe(0);
    for (const line of [
      /^Result +tests failed$/m,
      /^Submitter +jdoe$/m,
      /^Retries +up to 3 attempts, first wait 1s$/m,
      /^ {2}Command +sh -c 'it'\\''s'$/m,
      /^ {2}TOKEN +\(hidden\)$/m,
      /^ {2}1 +lost +w1 +2026-11-21 12:00:00 1m1s +0$/m,
      /^ {2}2 +failed +w2 .* 12 +exit code 3$/m,
      new RegExp(`'airunner-cli retry ${jobId}' runs it again`),
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  test("is the protocol's own JSON with --json", async ({ expect }) => {
    await using server = await startScriptedServer({ jobs: { getJob: () => endedJob({ exitCode: 3 }) } });
    const { stdout } = await runCommand(["show", jobId, "--json", `--server=${server.url}`]);
    expect(JSON.parse(stdout)).toMatchObject({
      job: { jobId, state: "JOB_STATE_FAILED", result: { exitCode: 3 } },
    });
  });
});

test("queues counts jobs and waiting workers", async ({ expect }) => {
  const oldestScheduledAt = timestampFromMs(Date.now() - 65_000);
  const queues = [
    {
      queue: "default",
      scheduled: 12n,
      delayed: 1n,
      running: 2n,
      dead: 3n,
      oldestScheduledAt,
      waitingWorkers: 4,
    },
  ];
  await using server = await startScriptedServer({ jobs: { queueStats: () => ({ queues }) } });
  const { stdout } = await runCommand(["queues", `--server=${server.url}`]);
  expect(stdout).toMatch(/^default +12 +1 +2 +0 +0 +3 +0 +1m\d+s +4$/m);
});

test.for([
  [
    "cancel",
    ["cancel", jobId, "--reason=wrong branch"],
    `Job ${jobId} is running; its worker was asked to stop it\n`,
  ],
  ["retry", ["retry", jobId], `Job ${jobId} is scheduled again\n`],
] as const)("%s says where the job stands", async ([, args, said], { expect }) => {
  const reasons: string[] = [];
  await using server = await startScriptedServer({
    jobs: {
      cancelJob({ reason }) {
        reasons.push(reason);
        return { state: JobState.RUNNING };
      },
      retryJob: () => ({ state: JobState.SCHEDULED }),
    },
  });
  const { exitCode, stdout } = await runCommand([...args, `--server=${server.url}`]);
  expect([exitCode, stdout]).toEqual([0, said]);
  expect(reasons).toEqual(args[0] === "cancel" ? ["wrong branch"] : []);
});

test.for([
  ["show", ["show", jobId], "cannot show a job"],
  ["cancel", ["cancel", jobId], "cannot cancel jobs"],
  ["retry", ["retry", jobId], "cannot retry jobs"],
  ["queues", ["queues"], "cannot count queues"],
] as const)("%s says that a server of the Go program cannot do it", async ([, args, what], { expect }) => {
  await using server = await startScriptedServer({});
  const { exitCode, stderr } = await runCommand([...args, `--server=${server.url}`]);
  expect(exitCode).toBe(76);
  expect(stderr).toContain(`the server at ${server.url} ${what}: it is an older one`);
});

test.for([
  [Code.NotFound, 66],
  [Code.InvalidArgument, 65],
  [Code.FailedPrecondition, 1],
  [Code.PermissionDenied, 77],
  [Code.ResourceExhausted, 75],
  [Code.Internal, 70],
] as const)(
  "a refusal with code %i exits with %i and repeats the server's sentence",
  async ([code, exitCode], { expect }) => {
    await using server = await startScriptedServer({
      jobs: {
        cancelJob() {
          throw new ConnectError("the very reason\u001b[2J", code);
        },
      },
    });
    const result = await runCommand(["cancel", jobId, `--server=${server.url}`]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toMatch(/^airunner-cli: error: .*the very reason.*\n$/);
    expect(result.stderr).not.toContain("\u001b");
  },
);
