// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { waitFor } from "@repo/testkit";
import { describe, test } from "vitest";
import {
  EventType,
  JobEventSchema,
  JobState,
  ResultReason,
  type StreamJobEventsRequest,
} from "../../src/gen/job/v1/job_pb.ts";
import {
  batchEvent,
  endEvent,
  endedJob,
  jobId,
  linesOf,
  longLog,
  replay,
  startEvent,
} from "./support/job-log.ts";
import { BrokenOutput, runCommand, startCommand } from "./support/run-command.ts";
import { type ScriptedServer, startScriptedServer } from "./support/scripted-server.ts";

describe("what monitor prints", () => {
  test("is what the Go program printed, with the output byte by byte", async ({ expect }) => {
    const events = [startEvent(1), batchEvent(2, ["\u001b[31mred", " \u0000\n"]), endEvent(4, 0)];
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(request) {
          yield* replay(events, request);
        },
      },
    });
    const { exitCode, stdout, stderr } = await runCommand(["monitor", `--server=${server.url}`, jobId]);
    expect(stdout).toBe(
      `Monitoring job ${jobId} on server ${server.url}\n` +
        `Streaming events for job ${jobId}:\n${"=".repeat(50)}\n` +
        "[12:00:00] 🚀 Process started (PID: 4711)\n" +
        "\u001b[31mred \u0000\n" +
        "[12:00:02] ✅ SUCCESS Process ended (PID: 4711, Exit Code: 0, Duration: 2.5s)\n",
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
  });

  test("is the output alone on standard output with --output-only", async ({ expect }) => {
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(request) {
          yield* replay(longLog(10, 3), request);
        },
      },
    });
    const { stdout, stderr } = await runCommand([
      "monitor",
      "--output-only",
      `--server=${server.url}`,
      jobId,
    ]);
    expect(stdout).toBe(linesOf(10));
    expect(stderr).toContain("🚀 Process started");
  });

  test("is one object a line with --json, the result last", async ({ expect }) => {
    const raw = Buffer.from([0xff, 0xfe]);
    const odd = batchEvent(2, ["ok\n", "x"]);
    if (odd.eventData.case === "outputBatch") {
      const [, second] = odd.eventData.value.outputs;
      if (second !== undefined) second.output = raw;
    }
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob({ exitCode: 3 }) },
      events: {
        async *streamJobEvents(request) {
          yield* replay([startEvent(1), odd, endEvent(4, 3)], request);
        },
      },
    });
    const { exitCode, stdout } = await runCommand(["monitor", "--json", `--server=${server.url}`, jobId]);
    const objects: unknown[] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(objects).toMatchObject([
      { type: "process_start", attempt: 1, sequence: 1, time: "2026-11-21T12:00:00.000Z", pid: 4711 },
      { type: "output", sequence: 2, text: "ok\n" },
      { type: "output", sequence: 3, base64: raw.toString("base64") },
      { type: "process_end", sequence: 4, exitCode: 3 },
      { type: "result", jobId, state: "failed", exitCode: 3, reason: "exited" },
    ]);
    expect(exitCode).toBe(3);
  });

  test("names the events that a log lacks", async ({ expect }) => {
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(request) {
          yield* replay([startEvent(1), endEvent(4, 0)], request);
        },
      },
    });
    const { stdout } = await runCommand(["monitor", `--server=${server.url}`, jobId]);
    expect(stdout).toContain(
      "LINEARIZABILITY VIOLATIONS DETECTED\n  attempt 1: sequence 1 is followed by 4 (2 missing)",
    );
  });

  test("starts inside of a batch, at the very event", async ({ expect }) => {
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(request) {
          yield* replay(longLog(10, 5), request);
        },
      },
    });
    const args = ["monitor", "--output-only", "--from-sequence=4", `--server=${server.url}`, jobId];
    const { stdout } = await runCommand(args);
    // Event 1 is the start, so line n is event n + 1.
    expect(stdout).toBe(linesOf(10).slice(linesOf(2).length));
  });

  test("ends quietly when the reader has gone", async ({ expect }) => {
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(request) {
          yield* replay(longLog(1000, 10), request);
        },
      },
    });
    const running = startCommand(["monitor", `--server=${server.url}`, jobId], {
      stdout: new BrokenOutput(5),
    });
    expect(await running.exitCode).toBe(141);
    expect(running.stderr.text).toBe("");
  });
});

test.for([
  ["the job's own code", { exitCode: 3 }, 3, ""],
  [
    "124 for its time limit",
    { exitCode: 143, reason: ResultReason.TIMED_OUT, message: "ended after 5 s" },
    124,
    "❌ ended after 5 s",
  ],
  [
    "130 for a cancelled one",
    {
      exitCode: 143,
      state: JobState.CANCELLED,
      reason: ResultReason.CANCELLED,
      message: "The job was cancelled: wrong branch",
    },
    130,
    "❌ The job was cancelled: wrong branch",
  ],
  ["128 + n for a signal", { exitCode: 137, reason: ResultReason.SIGNALED, signal: "SIGKILL" }, 137, ""],
  [
    "1 where no process ran",
    { exitCode: 0, state: JobState.FAILED, reason: ResultReason.CHECKOUT_FAILED, message: "no such branch" },
    1,
    "❌ no such branch",
  ],
] as const)("monitor exits with %s", async ([, sketch, code, sentence], { expect }) => {
  await using server = await startScriptedServer({
    jobs: { getJob: () => endedJob(sketch) },
    events: {
      async *streamJobEvents(request) {
        yield* replay(longLog(2, 2, sketch.exitCode), request);
      },
    },
  });
  const { exitCode, stdout } = await runCommand(["monitor", `--server=${server.url}`, jobId]);
  expect(exitCode).toBe(code);
  expect(stdout).toContain(sentence);
  const forgiving = await runCommand(["monitor", "--exit-zero", `--server=${server.url}`, jobId]);
  expect(forgiving.exitCode).toBe(0);
});

describe("when the connection breaks", () => {
  test("monitor goes on without a gap or a repeat, again and again", async ({ expect }) => {
    const events = longLog(1000, 7, 5);
    const requests: StreamJobEventsRequest[] = [];
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob({ exitCode: 5 }) },
      events: {
        async *streamJobEvents(request) {
          requests.push(request);
          const printed = running.stdout.chunks.length;
          let sent = 0;
          for (const response of replay(events, request)) {
            yield response;
            sent += 1;
            if (sent < 40) continue;
            // Some of it has arrived, and more is on its way.
            await waitFor(() => running.stdout.chunks.length > printed);
            server.breakConnections();
          }
        },
      },
    });
    const running = startCommand(["monitor", "--output-only", `--server=${server.url}`, jobId]);
    const exitCode = await running.exitCode;
    const stderr = running.stderr.text;
    expect(running.stdout.text).toBe(linesOf(1000));
    expect(exitCode).toBe(5);
    expect(requests.length).toBeGreaterThan(2);
    expect(requests.slice(1).every((request) => request.attempt === 1 && request.followAttempts)).toBe(true);
    expect(stderr).toContain("the connection was lost");
    expect(stderr).toContain("connected again; going on at attempt 1, event ");
  });

  test("monitor outlives a server that is away for a while", async ({ expect }) => {
    const events = longLog(30, 3);
    let served = 0;
    const script = (hold: boolean) => ({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(
          request: StreamJobEventsRequest,
          { signal }: { readonly signal: AbortSignal },
        ) {
          for (const response of replay(events, request)) {
            yield response;
            served += 1;
            if (hold && served === 5)
              await new Promise((resolve) => signal.addEventListener("abort", resolve));
          }
        },
      },
    });
    const first = await startScriptedServer(script(true));
    const running = startCommand(["monitor", "--output-only", `--server=${first.url}`, jobId]);
    await waitFor(() => served === 5 && running.stdout.text.includes("line 9\n"));
    await first[Symbol.asyncDispose]();
    await waitFor(() => running.stderr.text.includes("the connection was lost"));
    await using _second = await startScriptedServer(script(false), first.port);
    expect(await running.exitCode).toBe(0);
    expect(running.stdout.text).toBe(linesOf(30));
  });

  test.for([
    ["in the middle of a message", Buffer.from([0, 0, 0, 0, 200, 1, 2, 3])],
    ["in the middle of its length", Buffer.from([0, 0, 0])],
    ["without its end", Buffer.alloc(0)],
  ] as const)("monitor goes on where a stream stops %s", async ([, bytes], { expect }) => {
    let streams = 0;
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(request) {
          yield* replay(longLog(3, 3), request);
        },
      },
      raw(request, response) {
        if (!request.url.endsWith("/StreamJobEvents") || streams > 0) return false;
        streams += 1;
        response.writeHead(200, { "content-type": "application/connect+proto" });
        response.end(bytes);
        return true;
      },
    });
    const result = await runCommand(["monitor", "--output-only", `--server=${server.url}`, jobId]);
    expect(result).toMatchObject({ exitCode: 0, stdout: linesOf(3) });
    expect(result.stderr).toContain("ended the stream in the middle");
  });

  test("monitor gives up after --reconnect-for", async ({ expect }) => {
    const server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(_request, { signal }) {
          yield { event: startEvent(1), attempt: 1 };
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      },
    });
    const running = startCommand(["monitor", "--reconnect-for=100ms", `--server=${server.url}`, jobId]);
    await waitFor(() => running.stdout.text.includes("Process started"));
    await server[Symbol.asyncDispose]();
    expect(await running.exitCode).toBe(69);
    expect(running.stderr.text).toMatch(/error: cannot reach http:.*nothing listens there/);
  });

  test("monitor says that a restarted server has forgotten the job", async ({ expect }) => {
    let calls = 0;
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents() {
          calls += 1;
          if (calls > 1) throw new ConnectError("job x does not exist", Code.NotFound);
          yield { event: startEvent(1), attempt: 1 };
          await waitFor(() => running.stdout.text.includes("Process started"));
          server.breakConnections();
        },
      },
    });
    const running = startCommand(["monitor", `--server=${server.url}`, jobId]);
    expect(await running.exitCode).toBe(66);
    expect(running.stderr.text).toContain("job x does not exist");
  });
});

test("monitor says a reason once that stands in the log too", async ({ expect }) => {
  const message = "The job ran longer than its time limit of 1 s.";
  const failed = create(JobEventSchema, {
    sequence: 2n,
    eventType: EventType.PROCESS_ERROR,
    eventData: { case: "processError", value: { errorMessage: message } },
  });
  await using server = await startScriptedServer({
    jobs: { getJob: () => endedJob({ exitCode: 143, reason: ResultReason.TIMED_OUT, message }) },
    events: {
      async *streamJobEvents(request) {
        yield* replay([startEvent(1), failed, endEvent(3, 143)], request);
      },
    },
  });
  const { exitCode, stdout } = await runCommand(["monitor", `--server=${server.url}`, jobId]);
  expect([exitCode, stdout.split(message).length]).toEqual([124, 2]);
});

test("monitor follows the attempts of a job, and starts each anew", async ({ expect }) => {
  const requests: StreamJobEventsRequest[] = [];
  await using server = await startScriptedServer({
    jobs: {
      getJob: () =>
        requests.length === 0
          ? { job: { jobId, attempt: 1, state: JobState.RUNNING } }
          : endedJob({ attempt: 2 }),
    },
    events: {
      async *streamJobEvents(request) {
        requests.push(request);
        if (requests.length === 1) {
          for (const event of longLog(5, 5, 1)) yield { event, attempt: 1 };
          yield { event: startEvent(1), attempt: 2 };
          yield { event: batchEvent(2, ["again\n"]), attempt: 2 };
          await waitFor(() => running.stdout.text.includes("again"));
          server.breakConnections();
          return;
        }
        yield* replay([startEvent(1), batchEvent(2, ["again\n", "done\n"]), endEvent(4, 0)], request, 2);
      },
    },
  });
  const running = startCommand(["monitor", "--output-only", `--server=${server.url}`, jobId]);
  expect(await running.exitCode).toBe(0);
  expect(running.stdout.text).toBe(`${linesOf(5)}again\ndone\n`);
  expect(running.stderr.text).toContain("🔁 Attempt 2");
  expect(requests.at(-1)).toMatchObject({ attempt: 2, fromSequence: 3n, followAttempts: true });
});

describe("with a server of the Go program", () => {
  test("monitor ends itself and takes the result from the process's end", async ({ expect }) => {
    await using server = await startScriptedServer({
      events: {
        async *streamJobEvents(_request, { signal }) {
          for (const event of longLog(5, 5, 7)) yield { event };
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      },
    });
    const { exitCode, stdout } = await runCommand([
      "monitor",
      "--output-only",
      `--server=${server.url}`,
      jobId,
    ]);
    expect([exitCode, stdout]).toEqual([7, linesOf(5)]);
  });

  test("monitor filters what that sends past its filters, and misses nothing inside of a batch", async ({
    expect,
  }) => {
    const events = longLog(100, 50, 9);
    const asked: bigint[] = [];
    await using server = await startScriptedServer({
      events: {
        async *streamJobEvents(request) {
          asked.push(request.fromSequence);
          // Compares with a batch's first sequence only.
          for (const event of events) if (event.sequence >= request.fromSequence) yield { event };
        },
      },
    });
    const args = [
      "--event-filter=output",
      "--from-sequence=30",
      "--output-only",
      `--server=${server.url}`,
      jobId,
    ];
    const { stdout, stderr, exitCode } = await runCommand(["monitor", ...args]);
    expect(stdout).toBe(linesOf(100).slice(linesOf(28).length));
    expect(asked).toEqual([0n]);
    expect(stderr).not.toContain("Process ended");
    expect(exitCode).toBe(9);
  });
});

describe("monitor is stopped", () => {
  const silent = (): Promise<ScriptedServer> =>
    startScriptedServer({
      jobs: { getJob: () => ({ job: { jobId, state: JobState.RUNNING, attempt: 1 } }) },
      events: {
        async *streamJobEvents(_request, { signal }) {
          yield { event: startEvent(1), attempt: 1 };
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      },
    });

  test("by Ctrl-C, and says that the job goes on", async ({ expect }) => {
    await using server = await silent();
    const running = startCommand(["monitor", `--server=${server.url}`, jobId]);
    await waitFor(() => running.stdout.text.includes("Process started"));
    running.interrupt();
    expect(await running.exitCode).toBe(130);
    expect(running.stderr.text).toContain(`stopped watching; job ${jobId} goes on`);
  });

  test("by --timeout", async ({ expect }) => {
    await using server = await silent();
    const { exitCode, stderr } = await runCommand([
      "monitor",
      "--timeout=150ms",
      `--server=${server.url}`,
      jobId,
    ]);
    expect(exitCode).toBe(124);
    expect(stderr).toContain("stopped watching after 150ms (--timeout)");
  });
});
