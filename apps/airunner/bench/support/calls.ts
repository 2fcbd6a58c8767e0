// SPDX-License-Identifier: Apache-2.0
import { envelope, readEnvelopes } from "../../test/wire/grpc-client.ts";
import { readMessage, writeMessage } from "../../test/wire/protobuf.ts";
import { type RawConnection, readBody } from "./raw-connection.ts";

const service = "/job.v1.JobService";
const params = writeMessage([1, "https://example.com/repo.git"], [7, "make"], [8, "all"], [9, 1]);

/** A job handed out to a worker. */
export interface Delivery {
  readonly jobId: string;
  readonly token: string;
}

/** @returns the job's id */
export async function enqueue(connection: RawConnection, queue: string, requestId: string): Promise<string> {
  const request = writeMessage([1, requestId], [2, queue], [3, params]);
  return readMessage(await connection.unary(`${service}/EnqueueJob`, request)).text(1);
}

/** Takes one job, waiting for it. @throws {Error} when the call ends without one */
export async function dequeue(connection: RawConnection, queue: string): Promise<Delivery> {
  const request = envelope(writeMessage([1, queue], [2, 1], [3, 300]));
  const [first] = readEnvelopes(await readBody(connection.stream(`${service}/DequeueJob`, request)));
  if (first === undefined || first.flags !== 0)
    throw new Error(`no job: ${Buffer.from(first?.message ?? []).toString()}`);
  const message = readMessage(first.message);
  return { jobId: message.message(1).text(1), token: message.text(2) };
}

export async function complete(connection: RawConnection, { jobId, token }: Delivery): Promise<void> {
  const request = writeMessage([1, token], [2, writeMessage([1, jobId], [2, true])]);
  await connection.unary(`${service}/CompleteJob`, request);
}

/** Calls that wait for a job of the queue at this moment. */
export async function waitingWorkers(connection: RawConnection, queue: string): Promise<number> {
  const answer = await connection.unary(`${service}/QueueStats`, writeMessage([1, queue]));
  return readMessage(answer).messages(1)[0]?.number(10) ?? 0;
}
