// SPDX-License-Identifier: Apache-2.0
import { unlink } from "node:fs/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { EventType, JobEventSchema, JobResultSchema } from "../gen/job/v1/job_pb.ts";
import { type CallContext, CallEnded, untilAnswered } from "./call-retry.ts";
import { removeJobFolders } from "./job-folder.ts";
import { killAttempt } from "./process/kill-attempt.ts";
import { appendEvents } from "./publisher.ts";
import { type LeftSpool, readLeftEvents, readLeftSpool, readSpoolHeader } from "./spool/left-spool.ts";
import type { OrphanSpool } from "./spool/spool-folder.ts";
import type { WorkerServices } from "./worker-services.ts";

/** No lease is that old: a server grants 12 hours at most. */
const staleMs = 24 * 3_600_000;

/**
 * An attempt that took its worker down is not given back at once for ever: giving back does not count as an attempt,
 * but a lease that runs out does, and so ends a job that kills every worker.
 */
const mostReleases = 5;

const groupBytes = 1024 * 1024;
const killLimitMs = 10_000;

/**
 * Hands in what workers left that were killed: their events, and the result where there is one; else the job is given
 * back, so that its next attempt need not wait for the end of the lease.
 *
 * Spools for other servers stay where they are. Resolves early when `signal` aborts; what is left is left again.
 */
export async function recoverSpools(services: WorkerServices, signal: AbortSignal): Promise<void> {
  const { folder, server, log } = services;
  const orphans = await folder.takeOrphans(async (path) => {
    const header = await readSpoolHeader(path);
    return header === undefined || header.server === server.address;
  });
  for (const orphan of orphans) {
    if (signal.aborted) return;
    try {
      await recover(orphan, services, signal);
    } catch (err) {
      if (signal.aborted) return;
      log.error({ spool: orphan.path, err }, "a spool that was left could not be handed in; it stays");
    }
  }
}

async function recover(orphan: OrphanSpool, services: WorkerServices, signal: AbortSignal): Promise<void> {
  const { log, clock, settings } = services;
  const { path } = orphan;
  const left = await readLeftSpool(path);
  if (left === undefined) {
    log.warn({ spool: path }, "a spool without a readable header was deleted");
    await unlink(path);
    return;
  }
  const { jobId, attempt } = left.header;
  // Another worker may start the job as soon as it is given back. (A server of the Go program numbers no attempts, so
  // there the process of a later one could be meant.)
  if (attempt > 0) await killAttempt(jobId, attempt, killLimitMs);
  await removeJobFolders(settings.workspace, jobId, attempt);
  if (clock.date() - orphan.changedAtMs > staleMs) {
    log.warn({ jobId, attempt, spool: path }, "a spool that nobody waits for any more was deleted");
  } else {
    await handIn(path, left, services, signal);
  }
  await unlink(path);
}

async function handIn(
  path: string,
  left: LeftSpool,
  services: WorkerServices,
  signal: AbortSignal,
): Promise<void> {
  const { log, server, clock, random } = services;
  const { jobId, attempt, taskToken, queue } = left.header;
  const context: CallContext = {
    clock,
    random,
    onRetry: (failure, err, calls) =>
      log.warn({ jobId, attempt, failure, calls, err }, "what a worker left cannot be handed in yet"),
  };
  try {
    await publishLeft(path, left, { services, context, signal });
    if (left.result !== undefined) {
      const result = fromBinary(JobResultSchema, left.result);
      await untilAnswered(() => server.complete(taskToken, result, signal), context, signal);
      log.info({ jobId, attempt }, "the result that a worker left was handed in");
    } else if (attempt <= mostReleases) {
      const claim = { queue, taskToken };
      await untilAnswered(() => server.release(claim, "The worker died.", signal), context, signal);
      log.info({ jobId, attempt }, "the job of a worker that died was given back");
    }
  } catch (error) {
    if (!(error instanceof CallEnded)) throw error;
    log.info({ jobId, attempt, err: error.cause }, "what a worker left is not wanted any more");
  }
}

interface PublishContext {
  readonly services: WorkerServices;
  readonly context: CallContext;
  readonly signal: AbortSignal;
}

async function publishLeft(
  path: string,
  left: LeftSpool,
  { services, context, signal }: PublishContext,
): Promise<void> {
  const { server, log, clock } = services;
  const { taskToken, jobId, attempt } = left.header;
  try {
    for await (const events of readLeftEvents(path, left.acknowledged, groupBytes)) {
      await appendEvents(server, taskToken, events, context, signal);
    }
    if (left.result !== undefined) return;
    const sequence = Math.max(left.lastSequence, left.acknowledged) + 1;
    const bytes = lastWords(sequence, clock.date());
    await appendEvents(server, taskToken, [{ endSequence: sequence, bytes }], context, signal);
  } catch (error) {
    if (!(error instanceof CallEnded) || error.failure === "lost") throw error;
    log.error({ jobId, attempt, err: error.cause }, "the server refuses the events that a worker left");
  }
}

function lastWords(sequence: number, nowMs: number): Uint8Array {
  const event = create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(nowMs),
    eventType: EventType.PROCESS_ERROR,
    eventData: {
      case: "processError",
      value: { errorMessage: "The worker died; the last moments of output may be missing." },
    },
  });
  return toBinary(JobEventSchema, event);
}
