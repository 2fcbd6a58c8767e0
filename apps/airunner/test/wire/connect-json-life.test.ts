// SPDX-License-Identifier: Apache-2.0
// The Connect protocol with JSON over HTTP/1.1, written by hand: what curl and scripts can do.

import { afterAll, beforeAll, describe, test } from "vitest";
import { startAirunner } from "../support/airunner.ts";
import { type Json, RawConnectClient } from "./connect-json-client.ts";

const jobs = "/job.v1.JobService";
const events = "/job.v1.JobEventsService";

describe("a Connect client with JSON over HTTP/1.1", () => {
  let server: Awaited<ReturnType<typeof startAirunner>>;
  let client: RawConnectClient;

  beforeAll(async () => {
    server = await startAirunner();
    client = new RawConnectClient(server);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  async function dequeue(queue: string): Promise<{ readonly job: Json; readonly taskToken: string }> {
    const answer = await client.stream(`${jobs}/DequeueJob`, [{ queue, maxJobs: 1 }], {
      "connect-timeout-ms": "90000",
    });
    const [delivery] = answer.messages;
    if (delivery === undefined) throw new Error(`DequeueJob gave nothing: ${JSON.stringify(answer.error)}`);
    return { job: delivery["job"] as Json, taskToken: String(delivery["taskToken"]) };
  }

  test("lives through a job's whole life", async ({ expect }) => {
    const enqueued = await client.unary(`${jobs}/EnqueueJob`, {
      requestId: "json-life",
      queue: "json-life",
      jobParams: {
        command: "make",
        args: ["all"],
        environment: { A: "b" },
        processType: "PROCESS_TYPE_PIPE",
      },
      somethingUnknown: true,
    });
    expect(enqueued).toMatchObject({ status: 200, body: { state: "JOB_STATE_SCHEDULED" } });
    const jobId = String(enqueued.body["jobId"]);

    const { job, taskToken } = await dequeue("json-life");
    expect(job).toMatchObject({
      jobId,
      state: "JOB_STATE_RUNNING",
      jobParams: { command: "make", args: ["all"], environment: { A: "b" } },
      executionConfig: { batching: { maxBatchBytes: "262144" } },
    });

    const published = await client.stream(`${events}/PublishJobEvents`, [
      {
        taskToken,
        events: [{ sequence: "1", eventType: "EVENT_TYPE_PROCESS_START", processStart: { pid: 7 } }],
      },
      {
        taskToken,
        events: [
          {
            sequence: "2",
            eventType: "EVENT_TYPE_OUTPUT",
            output: { output: Buffer.from("hello\n").toString("base64") },
          },
          {
            sequence: "3",
            eventType: "EVENT_TYPE_PROCESS_END",
            processEnd: { pid: 7, exitCode: 0, runDuration: "0.5s" },
          },
        ],
      },
    ]);
    expect(published.error).toBeUndefined();

    const updated = await client.unary(`${jobs}/UpdateJob`, { queue: "json-life", taskToken });
    expect(updated.status).toBe(200);
    const completed = await client.unary(`${jobs}/CompleteJob`, {
      taskToken,
      jobResult: { jobId, success: true },
    });
    expect(completed.status).toBe(200);

    const seen = await client.stream(`${events}/StreamJobEvents`, [{ jobId }]);
    expect(seen.error).toBeUndefined();
    expect(seen.messages).toMatchObject([
      { event: { sequence: "1", processStart: { pid: 7 } }, attempt: 1 },
      { event: { sequence: "2", output: { output: "aGVsbG8K" } } },
      { event: { sequence: "3", processEnd: { pid: 7, runDuration: "0.500s" } } },
    ]);

    const listed = await client.unary(`${jobs}/ListJobs`, { queue: "json-life" });
    expect(listed.body).toMatchObject({
      jobs: [{ jobId, state: "JOB_STATE_COMPLETED", queue: "json-life" }],
      lastPage: 1,
    });
  });

  test.for([
    ["a call without a token", { token: undefined }, "ListJobs", {}, 401, "unauthenticated"],
    [
      "parameters that are missing",
      {},
      "EnqueueJob",
      { queue: "q", requestId: "x" },
      400,
      "invalid_argument",
    ],
    [
      "a job that nobody knows",
      {},
      "GetJob",
      { jobId: "0194f7d5-0000-7000-8000-000000000000" },
      404,
      "not_found",
    ],
    ["a field of the wrong type", {}, "ListJobs", { page: "many" }, 400, "invalid_argument"],
  ] as const)(
    "answers %s with the protocol's status and code",
    async ([, change, method, body, status, code], { expect }) => {
      const other = new RawConnectClient({ ...server, ...change } as typeof server);
      const answer = await other.unary(`${jobs}/${method}`, body);
      expect(answer).toMatchObject({ status, body: { code, message: expect.stringMatching(/\S/) } });
    },
  );

  test("ends a wait for jobs at its deadline with that code", async ({ expect }) => {
    const answer = await client.stream(`${jobs}/DequeueJob`, [{ queue: "json-empty" }], {
      "connect-timeout-ms": "200",
    });
    expect(answer).toMatchObject({ status: 200, messages: [], error: { code: "deadline_exceeded" } });
  });

  test("gets 409-like refusals for a request id that was used for something else", async ({ expect }) => {
    const request = (command: string) => ({
      requestId: "json-same",
      queue: "json-same",
      jobParams: { command },
    });
    expect((await client.unary(`${jobs}/EnqueueJob`, request("one"))).status).toBe(200);
    const other = await client.unary(`${jobs}/EnqueueJob`, request("two"));
    expect(other.body).toMatchObject({ code: "already_exists" });
  });
});
