// SPDX-License-Identifier: Apache-2.0
// What the workers and clients of the Go program put on the wire over HTTP/2, written by hand.
import { once } from "node:events";
import { afterAll, beforeAll, describe, test } from "vitest";
import { startAirunner } from "../support/airunner.ts";
import { envelope, RawGrpcClient, readGrpcAnswer } from "./grpc-client.ts";
import { type WireMessage, writeMessage } from "./protobuf.ts";

const jobs = "/job.v1.JobService";
const events = "/job.v1.JobEventsService";

/** google.protobuf.Timestamp, in field 1 the seconds. */
const timestamp = (seconds: number) => writeMessage([1, seconds]);

function jobParams(command: string): Uint8Array {
  return writeMessage(
    [1, "https://example.com/repo.git"],
    [4, writeMessage([1, "BUILD_TYPE"], [2, "release"])],
    [5, writeMessage([1, "submitter"], [2, "airunner-agent"])],
    [6, "airunner-user"],
    [7, command],
    [8, "one"],
    [8, "two, three"],
    [9, 2],
    [10, 300],
  );
}

/** A JobEvent with an output batch, as the Go worker's batcher makes it. */
function outputBatch(start: number, outputs: readonly string[]): Uint8Array {
  const items = outputs.map(
    (output, index) => [1, writeMessage([1, output], [3, index * 5])] as [number, Uint8Array],
  );
  return writeMessage(
    [1, start],
    [2, timestamp(1_700_000_002)],
    [3, 7],
    [
      10,
      writeMessage(...items, [2, start], [3, start + outputs.length - 1], [4, 1_700_000_001_000], [5, 50]),
    ],
  );
}

const processStart = writeMessage(
  [1, 1],
  [2, timestamp(1_700_000_000)],
  [3, 1],
  [4, writeMessage([1, 4242], [2, timestamp(1_700_000_000)])],
);

const processEnd = (sequence: number, exitCode: number) =>
  writeMessage(
    [1, sequence],
    [2, timestamp(1_700_000_003)],
    [3, 2],
    [5, writeMessage([1, 4242], ...(exitCode === 0 ? [] : [[2, exitCode] as const]), [3, timestamp(3)])],
  );

describe("a gRPC client over HTTP/2", () => {
  let server: Awaited<ReturnType<typeof startAirunner>>;
  let client: RawGrpcClient;

  beforeAll(async () => {
    server = await startAirunner();
    client = new RawGrpcClient(server);
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  async function enqueue(requestId: string, queue: string): Promise<string> {
    const answer = await client.call(`${jobs}/EnqueueJob`, [
      writeMessage([1, requestId], [2, queue], [3, jobParams("make")]),
    ]);
    return answer.messages[0]?.text(1) ?? "";
  }

  async function dequeue(queue: string): Promise<{ readonly job: WireMessage; readonly token: string }> {
    const answer = await client.call(`${jobs}/DequeueJob`, [writeMessage([1, queue], [2, 1], [3, 300])], {
      "grpc-timeout": "90000m",
    });
    const [delivery, ...others] = answer.messages;
    if (delivery === undefined || others.length > 0)
      throw new Error(`DequeueJob gave ${answer.messages.length} messages, status ${answer.status}.`);
    return { job: delivery.message(1), token: delivery.text(2) };
  }

  test("lives through a job's whole life with the numbers of the original", async ({ expect }) => {
    const enqueued = await client.call(`${jobs}/EnqueueJob`, [
      writeMessage([1, "0194-life"], [2, "grpc-life"], [3, jobParams("make")]),
    ]);
    expect(enqueued).toMatchObject({ status: 0, message: "" });
    const jobId = enqueued.messages[0]?.text(1) ?? "";
    expect(jobId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(enqueued.messages[0]?.number(3), "state SCHEDULED").toBe(1);
    const createdAt = enqueued.messages[0]?.message(2).number(1) ?? 0;
    expect(createdAt).toBeGreaterThan(1_700_000_000);

    // The same request again, as a client that lost the answer sends it.
    const repeated = await client.call(`${jobs}/EnqueueJob`, [
      writeMessage([1, "0194-life"], [2, "grpc-life"], [3, jobParams("make")]),
    ]);
    expect(repeated.messages[0]?.text(1)).toBe(jobId);
    expect(repeated.messages[0]?.message(2).number(1), "not 1970").toBe(createdAt);

    const { job, token } = await dequeue("grpc-life");
    expect(job.text(1)).toBe(jobId);
    expect(job.number(3), "state RUNNING").toBe(2);
    expect(job.message(2).text(7)).toBe("make");
    expect(job.message(2).texts(8)).toEqual(["one", "two, three"]);
    expect(job.message(2).message(4).text(2), "a worker sees the environment").toBe("release");
    expect(job.message(5).number(1), "updated_at, from which Go takes started_at").toBeGreaterThanOrEqual(
      createdAt,
    );
    const batching = job.message(6).message(1);
    expect([1, 2, 3, 4].map((field) => batching.number(field))).toEqual([2, 50, 262_144, 50]);
    expect([job.message(6).number(2), job.message(6).number(3)]).toEqual([30, 100]);
    expect(Buffer.from(token, "base64url").toString().split("|")).toMatchObject({
      length: 5,
      0: "v1",
      1: jobId,
      2: "grpc-life",
    });

    const live = client.open(`${events}/StreamJobEvents`);
    live.end(envelope(writeMessage([1, jobId])));
    const watched = readGrpcAnswer(live);

    const publish = client.open(`${events}/PublishJobEvents`);
    const published = readGrpcAnswer(publish);
    for (const event of [processStart, outputBatch(2, ["a", "b", "c"]), outputBatch(5, ["d"])])
      publish.write(envelope(writeMessage([1, token], [2, event])));

    const updated = await client.call(`${jobs}/UpdateJob`, [
      writeMessage([1, "grpc-life"], [2, token], [3, 300]),
    ]);
    expect(updated.status).toBe(0);

    publish.end(envelope(writeMessage([1, token], [2, processEnd(6, 0)])));
    expect(await published).toMatchObject({ status: 0 });

    const completed = await client.call(`${jobs}/CompleteJob`, [
      writeMessage(
        [1, token],
        [
          2,
          writeMessage(
            [1, jobId],
            [2, true],
            [5, job.bytes(5)],
            [6, timestamp(Math.ceil(Date.now() / 1000))],
          ),
        ],
      ),
    ]);
    expect(completed.status).toBe(0);

    const seen = await watched;
    expect(seen.status, "the stream ends by itself").toBe(0);
    const sequences = seen.messages.map((message) => message.message(1).number(1));
    expect(sequences).toEqual([1, 2, 5, 6]);
    const batch = seen.messages[1]?.message(1).message(10);
    expect(batch?.messages(1).map((item) => item.text(1))).toEqual(["a", "b", "c"]);
    expect([batch?.number(2), batch?.number(3), batch?.number(4)]).toEqual([2, 4, 1_700_000_001_000]);

    const replay = await client.call(`${events}/StreamJobEvents`, [writeMessage([1, jobId], [2, 3])]);
    const recut = replay.messages[0]?.message(1);
    expect([recut?.number(1), recut?.message(10).number(2), recut?.message(10).number(3)]).toEqual([3, 3, 4]);
    expect(
      recut
        ?.message(10)
        .messages(1)
        .map((item) => item.text(1)),
    ).toEqual(["b", "c"]);

    const listed = await client.call(`${jobs}/ListJobs`, [writeMessage([1, "grpc-life"], [2, 3])]);
    expect(listed.messages[0]?.message(1).text(1)).toBe(jobId);
    expect(listed.messages[0]?.message(1).number(3), "COMPLETED").toBe(3);
    expect(listed.messages[0]?.number(2), "last_page").toBe(1);
  });

  test("reports success after exit 3, as Go's worker does, and the job is FAILED with 3", async ({
    expect,
  }) => {
    const jobId = await enqueue("0194-exit", "grpc-exit");
    const { token } = await dequeue("grpc-exit");
    await client.call(`${events}/PublishJobEvents`, [
      writeMessage([1, token], [2, processStart]),
      writeMessage([1, token], [2, processEnd(2, 3)]),
    ]);
    await client.call(`${jobs}/CompleteJob`, [
      writeMessage([1, token], [2, writeMessage([1, jobId], [2, true])]),
    ]);
    const listed = await client.call(`${jobs}/ListJobs`, [writeMessage([1, "grpc-exit"])]);
    const job = listed.messages[0]?.message(1);
    expect(job?.number(3), "FAILED").toBe(4);
    expect(job?.message(22).number(3), "exit_code of the result").toBe(3);
  });

  test("waits for a job until its deadline and gets exactly that status", async ({ expect }) => {
    const answer = await client.call(`${jobs}/DequeueJob`, [writeMessage([1, "grpc-empty"])], {
      "grpc-timeout": "200m",
    });
    expect(answer).toMatchObject({ status: 4, messages: [] });
  });

  test("is told with a status of its own what is wrong with a call", async ({ expect }) => {
    const nobody = new RawGrpcClient({ server: server.server, ca: server.ca });
    try {
      const refused = await nobody.call(`${jobs}/ListJobs`, [new Uint8Array()]);
      expect(refused).toMatchObject({ status: 16, message: "missing bearer token" });
      expect(refused.headers[":status"]).toBe(200);
    } finally {
      await nobody[Symbol.asyncDispose]();
    }
    const unknownJob = await client.call(`${events}/StreamJobEvents`, [
      writeMessage([1, "0194f7d5-0000-7000-8000-000000000000"]),
    ]);
    expect(unknownJob.status, "not_found").toBe(5);
    const noParams = await client.call(`${jobs}/EnqueueJob`, [writeMessage([1, "x"], [2, "q"])]);
    expect(noParams.status, "invalid_argument").toBe(3);
    const garbage = await client.call(`${jobs}/EnqueueJob`, [Buffer.from("ffffffffff", "hex")]);
    expect(garbage.status, "invalid_argument").toBe(3);
    const forged = await client.call(`${jobs}/UpdateJob`, [writeMessage([1, "q"], [2, "bm9uZQ=="])]);
    expect(forged.status, "invalid_argument").toBe(3);
  });

  test("loses the race for a job that another worker has taken over", async ({ expect }) => {
    const jobId = await enqueue("0194-stale", "grpc-stale");
    const first = await dequeue("grpc-stale");
    // Gives it back in the first worker's name; the second attempt is another worker's.
    await client.call(`${jobs}/ReleaseJob`, [writeMessage([1, first.token])]);
    const second = await dequeue("grpc-stale");
    const stale = await client.call(`${jobs}/CompleteJob`, [
      writeMessage([1, first.token], [2, writeMessage([1, jobId], [2, true])]),
    ]);
    expect(stale.status, "failed_precondition").toBe(9);
    const published = await client.call(`${events}/PublishJobEvents`, [
      writeMessage([1, first.token], [2, processStart]),
    ]);
    expect(published.status).toBe(9);
    const truth = await client.call(`${jobs}/CompleteJob`, [
      writeMessage([1, second.token], [2, writeMessage([1, jobId], [2, false], [3, 7], [4, "broken"])]),
    ]);
    expect(truth.status).toBe(0);
    const listed = await client.call(`${jobs}/ListJobs`, [writeMessage([1, "grpc-stale"])]);
    expect(listed.messages[0]?.message(1).number(3), "FAILED").toBe(4);
  });

  test("leaves a stream and the server forgets it", async ({ expect }) => {
    const jobId = await enqueue("0194-leave", "grpc-leave");
    const stream = client.open(`${events}/StreamJobEvents`);
    stream.end(envelope(writeMessage([1, jobId])));
    await once(stream, "response");
    stream.close(8);
    await once(stream, "close");
    const listed = await client.call(`${jobs}/ListJobs`, [writeMessage([1, "grpc-leave"])]);
    expect(listed.status).toBe(0);
  });
});
