// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toJson } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { testDirectory } from "@repo/testkit";
import { describe, test } from "vitest";
import { type EnqueueJobRequest, EnqueueJobRequestSchema, JobState } from "../../src/gen/job/v1/job_pb.ts";
import { endedJob, jobId, linesOf, longLog, replay, startMs } from "./support/job-log.ts";
import { runCommand } from "./support/run-command.ts";
import { type ScriptedServer, startScriptedServer } from "./support/scripted-server.ts";

function takingServer(requests: EnqueueJobRequest[], exitCode = 0): Promise<ScriptedServer> {
  return startScriptedServer({
    jobs: {
      enqueueJob(request) {
        requests.push(request);
        return { jobId, state: JobState.SCHEDULED, createdAt: timestampFromMs(startMs) };
      },
      getJob: () => endedJob({ exitCode }),
    },
    events: {
      async *streamJobEvents(request) {
        yield* replay(longLog(3, 3, exitCode), request);
      },
    },
  });
}

/** What `submit` with these arguments sends, as JSON without the request id. */
async function sentBy(args: readonly string[]): Promise<unknown> {
  const requests: EnqueueJobRequest[] = [];
  await using server = await takingServer(requests);
  const result = await runCommand(["submit", `--server=${server.url}`, "-q", ...args]);
  assert.deepEqual(result, { exitCode: 0, stderr: "", stdout: `${jobId}\n` });
  const [request] = requests;
  if (request === undefined) throw new Error("Nothing was submitted.");
  const { requestId, ...rest } = Object(toJson(EnqueueJobRequestSchema, request));
  assert.match(String(requestId), /^[0-9a-f-]{36}$/);
  return rest;
}

const basics = { owner: "airunner-user", processType: "PROCESS_TYPE_PTY" };
const clone = { gitClone: { enabled: true, singleBranch: true } };

test.for([
  ["a repository alone", ["github.com/example/repo"], { ...basics, repository: "github.com/example/repo" }],
  [
    "a command behind dashes",
    ["--", "sh", "-c", "exit 3", "--", "-x"],
    { ...basics, command: "sh", args: ["-c", "exit 3", "--", "-x"] },
  ],
  [
    "both: the command runs in the checkout",
    ["r.example/x", "--", "make", "test"],
    { ...basics, ...clone, repository: "r.example/x", command: "make", args: ["test"] },
  ],
  [
    "the Go program's form",
    ["r.example/x", "--no-checkout", "--command=make"],
    { ...basics, repository: "r.example/x", command: "make", commit: "main", branch: "main" },
  ],
  [
    "arguments with commas",
    ["--command=echo", "--args=a,b\\,c", "--args", "d"],
    { ...basics, command: "echo", args: ["a", "b,c", "d"] },
  ],
  [
    "arguments that look like flags",
    ["--command", "ls", "--args", "-l,--all"],
    { ...basics, command: "ls", args: ["-l", "--all"] },
  ],
  [
    "maps in both forms",
    ["--command=x", "--env=A=1;B=2=3", "--env", "C=", "--metadata=k=v"],
    { ...basics, command: "x", environment: { A: "1", B: "2=3", C: "" }, metadata: { k: "v" } },
  ],
  [
    "a pipe and a time limit",
    ["--command=x", "--process-type=PIPE", "--timeout-seconds=9999999999"],
    { ...basics, command: "x", processType: "PROCESS_TYPE_PIPE", timeoutSeconds: 2147483647 },
  ],
  [
    "references",
    ["r.example/x", "--branch=dev", "--commit=abc", "--git-depth=5", "--submodules"],
    {
      ...basics,
      repository: "r.example/x",
      branch: "dev",
      commit: "abc",
      gitClone: { enabled: true, singleBranch: true, depth: 5, submodules: true },
    },
  ],
] as const)("submit sends %s", async ([, args, jobParams], { expect }) => {
  expect(await sentBy(args)).toEqual({ queue: "default", jobParams });
});

test("submit sends when, how often and how urgently a job runs", async ({ expect }) => {
  const args = [
    "--queue=q",
    "--priority=-3",
    "--delay=1m30s",
    "--max-attempts=4",
    "--backoff=500ms",
    "--",
    "x",
  ];
  expect(await sentBy(args)).toMatchObject({
    queue: "q",
    priority: -3,
    delay: "90s",
    retryPolicy: { maxAttempts: 4, initialBackoff: "0.500s" },
  });
});

describe("a job's file", () => {
  test.for([
    [
      "job.yaml",
      "command: make\nargs: [all, 8080]\ntimeout: 10m\nenvironment: {PORT: 80, DEBUG: true}\nowner: me\n",
    ],
    [
      "job.json",
      JSON.stringify({
        command: "make",
        args: ["all", "8080"],
        timeout: 600,
        environment: { PORT: "80", DEBUG: "true" },
        owner: "me",
      }),
    ],
  ] as const)("wins over flags: %s", async ([name, content], { expect }) => {
    await using directory = await testDirectory();
    const path = join(directory.path, name);
    writeFileSync(path, content);
    const args = [
      "--config",
      path,
      "--command=other",
      "--owner=you",
      "--env=PORT=1;ONLY=flag",
      "r.example/x",
    ];
    expect(await sentBy(args)).toEqual({
      queue: "default",
      jobParams: {
        ...basics,
        ...clone,
        owner: "me",
        repository: "r.example/x",
        command: "make",
        args: ["all", "8080"],
        timeoutSeconds: 600,
        environment: { PORT: "80", DEBUG: "true", ONLY: "flag" },
      },
    });
  });

  test.for([
    [
      "an unknown key",
      "comand: x\n",
      /job\.yaml is not usable: it has the unknown key comand \(known are command,/,
    ],
    ["a wrong type", "command: [x]\nargs: yes\n", /command has the wrong type; args has the wrong type/],
    ["a bad time limit", "command: x\ntimeout: soon\n", /timeout must be seconds, or a duration/],
    ["no YAML", 'command: "x\nsecret: hunter2', /is not YAML/],
    ["nothing", "", /is empty/],
    ["a list", "- x\n", /is not a map of keys/],
  ] as const)("is refused with %s, and without what it holds", async ([, content, message], { expect }) => {
    await using directory = await testDirectory();
    const path = join(directory.path, "job.yaml");
    writeFileSync(path, content);
    const { exitCode, stderr, stdout } = await runCommand(["submit", "--config", path]);
    expect([exitCode, stdout]).toEqual([78, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("hunter2");
  });

  test("is refused where it does not end", async ({ expect }) => {
    const { exitCode, stderr } = await runCommand(["submit", "--config", "/dev/zero"]);
    expect([exitCode, stderr]).toEqual([
      78,
      "airunner-cli: error: the job file /dev/zero has more than 1048576 bytes\n",
    ]);
  });
});

test("every command helps with examples", async ({ expect }) => {
  const { stdout } = await runCommand(["--help"]);
  const names = [...stdout.matchAll(/^ {2}([a-z-]+) .*\[options\]/gm)].map(([, name]) => name ?? "");
  expect(names.length).toBeGreaterThan(9);
  for (const name of names) {
    const help = await runCommand([name, "--help"]);
    expect([name, help.exitCode]).toEqual([name, 0]);
    expect(help.stdout).toContain("\nExamples:\n");
    expect(help.stdout).toMatch(new RegExp(`^  airunner-cli .*${name}`, "m"));
  }
});

test("submit shows the job and exits with its code", async ({ expect }) => {
  await using server = await takingServer([], 4);
  const { exitCode, stdout } = await runCommand([
    "submit",
    "github.com/example/repo",
    `--server=${server.url}`,
  ]);
  expect(stdout).toContain(
    `Submitting job for repository github.com/example/repo to server ${server.url}\n` +
      `Job submitted successfully with ID: ${jobId}\nStreaming events for job ${jobId}:\n${"=".repeat(50)}\n`,
  );
  expect(stdout).toContain(linesOf(3));
  expect(exitCode).toBe(4);
});

test.for(["--monitor=false", "--no-monitor", "--monitor=0", "--quiet"])(
  "submit does not wait with %s",
  async (flag, { expect }) => {
    await using server = await startScriptedServer({ jobs: { enqueueJob: () => ({ jobId }) } });
    const { exitCode, stderr, stdout } = await runCommand([
      "submit",
      `--server=${server.url}`,
      flag,
      "--",
      "x",
    ]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(jobId);
  },
);

test("submit --json is lines of JSON from the first on", async ({ expect }) => {
  await using server = await takingServer([]);
  const { stdout } = await runCommand([
    "submit",
    "--json",
    `--server=${server.url}`,
    "--monitor=true",
    "--",
    "x",
  ]);
  const types = stdout
    .trimEnd()
    .split("\n")
    .map((line) => String(JSON.parse(line).type));
  expect([...new Set(types)]).toEqual(["submitted", "process_start", "output", "process_end", "result"]);
});

test("submit asks again with the same request id where the answer was lost", async ({ expect }) => {
  const ids: string[] = [];
  await using server = await startScriptedServer({
    jobs: {
      enqueueJob({ requestId }) {
        ids.push(requestId);
        if (ids.length < 3) throw new ConnectError("restarting", Code.Unavailable);
        return { jobId };
      },
    },
  });
  const { exitCode } = await runCommand([
    "submit",
    "-q",
    `--server=${server.url}`,
    "--request-id=build-7",
    "--",
    "x",
  ]);
  expect([exitCode, ids]).toEqual([0, ["build-7", "build-7", "build-7"]]);
});

test.for([
  ["nothing to run", [], 80, /there is nothing to run/],
  [
    "a variable without a value",
    ["--env=hunter2", "--", "x"],
    80,
    /^(?!.*hunter2).*--env has a part without "="/,
  ],
  ["a wait without attempts", ["--backoff=1s", "--", "x"], 80, /give --max-attempts too/],
  ["a depth without a checkout", ["--git-depth=1", "--", "x"], 80, /need a repository/],
  ["a priority out of range", ["--priority=10", "--", "x"], 80, /whole number from -9 to 9/],
  [
    "an unknown flag, whose value is not repeated",
    ["--tokn=hunter2", "--", "x"],
    80,
    /unknown option '--tokn' \(did you mean --token\?\)/,
  ],
] as const)("submit refuses %s", async ([, args, code, message], { expect }) => {
  const { exitCode, stdout, stderr } = await runCommand(["submit", ...args]);
  expect([exitCode, stdout]).toEqual([code, ""]);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});
