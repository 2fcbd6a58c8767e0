// SPDX-License-Identifier: Apache-2.0
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  AppendJobEventsRequestSchema,
  ErrorInfoSchema,
  JobEventsService,
  JobService,
  PublishJobEventsRequestSchema,
  StreamJobEventsResponseSchema,
} from "../../../src/gen/job/v1/job_pb.ts";
import { JobError } from "../../../src/job/errors.ts";
import type {
  CallContext,
  ClientStreamMethod,
  FrameStreamMethod,
  RpcMethod,
  ServerStreamMethod,
  UnaryBytesMethod,
  UnaryMethod,
} from "../../../src/server/rpc/method.ts";
import { toEnvelope } from "../../../src/server/rpc/wire/envelope.ts";

/** What the methods below have seen, for tests to look at. */
export interface Seen {
  /** One entry for each end of a stream's generator: why its context said it ended. */
  readonly ends: (string | undefined)[];
  /** Chunks that were pulled out of `StreamJobEvents`. */
  pulled: number;
  /** Messages of `PublishJobEvents`. */
  messages: number;
  /** Calls that the methods began. */
  calls: number;
  /** The latest context. */
  context: CallContext | undefined;
}

export function createSeen(): Seen {
  return { ends: [], pulled: 0, messages: 0, calls: 0, context: undefined };
}

/** Waits until the call is ended from outside. */
export function untilEnded({ signal }: CallContext): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** GetJob: answers with the id it was asked for; some ids make it do something else. */
function getJob(
  seen: Seen,
): UnaryMethod<typeof JobService.method.getJob.input, typeof JobService.method.getJob.output> {
  return {
    kind: "unary",
    desc: JobService.method.getJob,
    scope: "read",
    async handle({ jobId }, context) {
      seen.calls++;
      seen.context = context;
      if (jobId === "missing")
        throw new JobError("job_not_found", "There is no such job: ünknown.", { field: "job_id" });
      if (jobId === "broken") throw new TypeError("x is not a function");
      if (jobId === "retry") {
        throw new ConnectError("Later.", Code.ResourceExhausted, { "retry-after": "7" });
      }
      if (jobId === "wait") await untilEnded(context);
      if (jobId === "deaf") await new Promise(() => {});
      return { job: { jobId, attempt: 3, createdAt: { seconds: 5n, nanos: 0 } } };
    },
  };
}

/** AppendJobEvents: answers with the number of the events and the length of the bytes that it got. */
function appendJobEvents(
  seen: Seen,
): UnaryBytesMethod<typeof JobEventsService.method.appendJobEvents.output> {
  return {
    kind: "unary_bytes",
    desc: JobEventsService.method.appendJobEvents,
    scope: "work",
    async handle(bytes) {
      seen.calls++;
      const request = fromBinary(AppendJobEventsRequestSchema, bytes);
      return { lastSequence: BigInt(request.events.length), cancelReason: String(bytes.byteLength) };
    },
  };
}

/** DequeueJob: `maxJobs` jobs; then, on the queue "open", nothing until it is ended. */
function dequeueJob(
  seen: Seen,
): ServerStreamMethod<typeof JobService.method.dequeueJob.input, typeof JobService.method.dequeueJob.output> {
  return {
    kind: "server_stream",
    desc: JobService.method.dequeueJob,
    scope: "work",
    async *handle({ queue, maxJobs }, context) {
      seen.calls++;
      seen.context = context;
      try {
        for (let number = 1; number <= maxJobs; number++) {
          yield { taskToken: `token-${number}`, job: { jobId: `job-${number}`, queue } };
        }
        if (queue === "missing") throw new JobError("job_not_found", "No such queue.");
        if (queue === "open") await untilEnded(context);
        if (queue === "deaf") await new Promise(() => {});
      } finally {
        seen.ends.push(context.ended());
      }
    },
  };
}

/** Encoded responses of `StreamJobEvents`, each in its envelope. */
export function frames(from: number, count: number, outputBytes: number): Uint8Array {
  const output = new Uint8Array(outputBytes).fill(120);
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      const message = create(StreamJobEventsResponseSchema, {
        event: {
          sequence: BigInt(from + index),
          eventType: 5,
          eventData: { case: "output", value: { output } },
        },
        attempt: 1,
      });
      return toEnvelope(toBinary(StreamJobEventsResponseSchema, message));
    }),
  );
}

/** StreamJobEvents: ten chunks of ten events, or without end of 256 KiB each for the job "endless". */
function streamJobEvents(
  seen: Seen,
): FrameStreamMethod<typeof JobEventsService.method.streamJobEvents.input> {
  return {
    kind: "frame_stream",
    desc: JobEventsService.method.streamJobEvents,
    scope: "read",
    async *handle({ jobId }, context) {
      seen.calls++;
      seen.context = context;
      try {
        if (jobId === "endless") {
          const chunk = frames(1, 4, 65_536);
          for (;;) {
            seen.pulled++;
            yield chunk;
          }
        }
        if (jobId === "open") await untilEnded(context);
        for (let chunk = 0; chunk < 10; chunk++) {
          seen.pulled++;
          yield frames(chunk * 10 + 1, 10, 8);
        }
      } finally {
        seen.ends.push(context.ended());
      }
    },
  };
}

/** PublishJobEvents: reads everything; refuses the token "bad" in the middle. */
function publishJobEvents(
  seen: Seen,
): ClientStreamMethod<typeof JobEventsService.method.publishJobEvents.output> {
  return {
    kind: "client_stream_bytes",
    desc: JobEventsService.method.publishJobEvents,
    scope: "work",
    async handle(messages, context) {
      seen.calls++;
      seen.context = context;
      try {
        for await (const bytes of messages) {
          seen.messages++;
          const { taskToken } = fromBinary(PublishJobEventsRequestSchema, bytes);
          if (taskToken === "bad") throw new JobError("invalid_task_token", "The task token is not valid.");
        }
      } finally {
        seen.ends.push(context.ended());
      }
      return {};
    },
  };
}

export function createMethods(seen: Seen): readonly RpcMethod[] {
  return [
    widen(getJob(seen)),
    widen(appendJobEvents(seen)),
    widen(dequeueJob(seen)),
    widen(streamJobEvents(seen)),
    widen(publishJobEvents(seen)),
  ];
}

/** As the services do: the table that is served cannot know each message. */
function widen(method: object): RpcMethod {
  return method as RpcMethod;
}

/** As the services' table does, for the codes that are used here. */
export function toError(error: unknown): ConnectError {
  if (!(error instanceof JobError)) {
    return new ConnectError("Internal error.", Code.Internal, undefined, undefined, error);
  }
  const codes: Partial<Record<JobError["code"], Code>> = {
    invalid_request: Code.InvalidArgument,
    invalid_task_token: Code.InvalidArgument,
    job_not_found: Code.NotFound,
  };
  const detail = {
    desc: ErrorInfoSchema as DescMessage,
    value: { code: error.code, field: error.field ?? "" },
  };
  return new ConnectError(error.message, codes[error.code] ?? Code.Internal, undefined, [detail], error);
}
