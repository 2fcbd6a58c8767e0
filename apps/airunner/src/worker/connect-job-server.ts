// SPDX-License-Identifier: Apache-2.0
import { create, type Message } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Client } from "@connectrpc/connect";
import {
  AppendJobEventsRequestSchema,
  type JobEventsService,
  type JobService,
  PublishJobEventsRequestSchema,
} from "../gen/job/v1/job_pb.ts";
import type { CancelFlag, ClaimedJob, DequeueOptions, JobServer } from "./job-server.ts";
import { pickQueue } from "./pick-queue.ts";
import { classifyServerFailure, isDeadline, isUnimplemented } from "./server-failure.ts";

export interface ConnectJobServerOptions {
  readonly address: string;
  readonly jobs: Client<typeof JobService>;
  readonly events: Client<typeof JobEventsService>;
  /** Milliseconds that a dequeue waits for a job; default 90,000, as the Go program's. */
  readonly dequeueWaitMs?: number;
  /** Milliseconds that any other call may take; default 30,000. */
  readonly callTimeoutMs?: number;
  /** Milliseconds that one of several queues is waited on where the server takes only one; default 5,000. */
  readonly turnMs?: number;
  readonly random?: () => number;
}

/**
 * The server over Connect: ours, or one of the Go program, which shows by `unimplemented`. That one has no
 * acknowledged append, no release, and dequeues from one queue; what it has comes nearest.
 */
export function createConnectJobServer(options: ConnectJobServerOptions): JobServer {
  const { jobs, events, address, random = Math.random } = options;
  const timeoutMs = options.callTimeoutMs ?? 30_000;
  const waitMs = options.dequeueWaitMs ?? 90_000;
  let isGoProgram: boolean | undefined;

  /** Runs `call` unless the server is known not to have it; `undefined` where it does not. */
  const ifKnown = async <T>(call: () => Promise<T>): Promise<T | undefined> => {
    if (isGoProgram === true) return undefined;
    try {
      const answer = await call();
      isGoProgram = false;
      return answer;
    } catch (error) {
      // One unimplemented answer of a server that did know the call is a proxy's, or a restart's.
      if (isGoProgram === undefined && isUnimplemented(error)) isGoProgram = true;
      else throw error;
      return undefined;
    }
  };

  const server: JobServer = {
    address,
    async *dequeue(request, signal) {
      if (request.queues.length > 1) await probe(signal);
      const { queue } = pickQueue(request.queues, random);
      const isTurn = isGoProgram === true && request.queues.length > 1;
      yield* poll(request, queue, {
        signal,
        timeoutMs: isTurn ? Math.min(options.turnMs ?? 5000, waitMs) : waitMs,
      });
    },
    async extend({ queue, taskToken }, leaseSeconds, signal) {
      const answer = await jobs.updateJob(
        { queue, taskToken, visibilityTimeoutSeconds: leaseSeconds },
        { signal, timeoutMs },
      );
      return cancelFlag(answer);
    },
    async append(taskToken, serialised, lastSequence, signal) {
      const fields = serialised.map(eventField);
      const request = create(AppendJobEventsRequestSchema, { taskToken });
      request.$unknown = fields;
      const answer = await ifKnown(() => events.appendJobEvents(request, { signal, timeoutMs }));
      if (answer !== undefined) return { lastSequence: Number(answer.lastSequence), ...cancelFlag(answer) };
      // A stream of one message: its answer comes when that has been applied, and so acknowledges it.
      const message = create(PublishJobEventsRequestSchema, { taskToken });
      message.$unknown = fields;
      await events.publishJobEvents(only(message), { signal, timeoutMs });
      return { lastSequence, cancelReason: undefined };
    },
    async poll(taskToken, signal) {
      // A server of the Go program answers no appends, and one that has answered none yet may be such a one.
      if (isGoProgram !== false) return undefined;
      return cancelFlag(await events.appendJobEvents({ taskToken }, { signal, timeoutMs }));
    },
    async complete(taskToken, jobResult, signal) {
      await jobs.completeJob({ taskToken, jobResult }, { signal, timeoutMs });
    },
    async release({ queue, taskToken }, reason, signal) {
      const answer = await ifKnown(() => jobs.releaseJob({ taskToken, reason }, { signal, timeoutMs }));
      if (answer !== undefined) return;
      // A lease that ends now is what the Go program's server itself takes for a release.
      await jobs.updateJob({ queue, taskToken, visibilityTimeoutSeconds: 0 }, { signal, timeoutMs });
    },
  };

  /** Finds out, once, whether the server can wait on several queues: only ours can release, and none takes this. */
  async function probe(signal: AbortSignal): Promise<void> {
    if (isGoProgram !== undefined) return;
    try {
      await ifKnown(() => jobs.releaseJob({ taskToken: "", reason: "" }, { signal, timeoutMs }));
    } catch (error) {
      const failure = classifyServerFailure(error);
      if (failure !== "lost" && failure !== "refused") throw error;
      isGoProgram = false;
    }
  }

  async function* poll(
    { queues, maxJobs, leaseSeconds, worker }: DequeueOptions,
    queue: string,
    limits: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): AsyncGenerator<ClaimedJob> {
    const request = { queue, queues: [...queues], maxJobs, visibilityTimeoutSeconds: leaseSeconds, worker };
    try {
      for await (const { job, taskToken } of jobs.dequeueJob(request, limits)) {
        if (job !== undefined) yield { job, taskToken, queue: job.queue === "" ? queue : job.queue };
      }
    } catch (error) {
      if (!isDeadline(error)) throw error;
    }
  }

  return server;
}

function cancelFlag(answer: {
  readonly cancelRequested: boolean;
  readonly cancelReason: string;
}): CancelFlag {
  return { cancelReason: answer.cancelRequested ? answer.cancelReason : undefined };
}

type RawField = NonNullable<Message["$unknown"]>[number];

/** The field `events`, the same in both requests. */
const eventsField = 2;

/**
 * Events go out as the bytes they were spooled as: decoding them to encode them again would cost more than the call.
 */
function eventField(bytes: Uint8Array): RawField {
  const data = new BinaryWriter().bytes(bytes).finish();
  return { no: eventsField, wireType: WireType.LengthDelimited, data };
}

async function* only<T>(message: T): AsyncGenerator<T> {
  yield message;
}
