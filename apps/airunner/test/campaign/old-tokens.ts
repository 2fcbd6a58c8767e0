// SPDX-License-Identifier: Apache-2.0

import { create } from "@bufbuild/protobuf";
import { errorInfoOf } from "../../src/client/error-info.ts";
import { EventType, JobEventSchema } from "../../src/gen/job/v1/job_pb.ts";
import type { OldToken } from "./facts.ts";
import type { Place } from "./place.ts";

/** Far behind every log's end, and right behind it. */
function poison(sequence: number) {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    eventType: EventType.OUTPUT,
    eventData: {
      case: "output",
      value: { output: Buffer.from("written by a worker that has lost the job") },
    },
  });
}

/**
 * Tries everything with the token of an attempt that is over: to append right behind its log, to extend, to report
 * a success, to give the job back. Each must be refused with `lease_lost`.
 */
export async function tryOldToken(place: Place, queue: string, token: OldToken): Promise<void> {
  const { jobs, events } = place.control;
  const { jobId, attempt, taskToken } = token;
  const { attempts } = await jobs.getJob({ jobId });
  const last = attempts.find(({ number }) => number === attempt)?.lastSequence ?? 0n;
  const event = poison(Number(last) + 1);
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    append: () => events.appendJobEvents({ taskToken, events: [event] }),
    publish: () => events.publishJobEvents(only({ taskToken, events: [event] })),
    extend: () => jobs.updateJob({ queue, taskToken, visibilityTimeoutSeconds: 60 }),
    complete: () =>
      jobs.completeJob({ taskToken, jobResult: { jobId, success: true, errorMessage: "stale" } }),
    release: () => jobs.releaseJob({ taskToken, reason: "stale" }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const answer = await call().then(
      () => "took it",
      (error: unknown) => errorInfoOf(error).code || String(error),
    );
    if (answer === "lease_lost") place.facts.refusedCalls += 1;
    else
      place.facts.violations.push(
        `The server was asked to ${name} with the token of attempt ${attempt} of job ${jobId}, which is over, and ${answer}.`,
      );
  }
}

async function* only<T>(message: T): AsyncGenerator<T> {
  yield message;
}
