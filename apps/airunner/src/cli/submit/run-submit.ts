// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { toJson } from "@bufbuild/protobuf";
import type { JobClients } from "../../client/create-clients.ts";
import { type EnqueueJobResponse, EnqueueJobResponseSchema } from "../../gen/job/v1/job_pb.ts";
import type { SubmitFlags } from "../commands/submit.ts";
import { openClients } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { harmless } from "../text/harmless.ts";
import { toViewOptions } from "../view-options.ts";
import { buildRequest, type EnqueueRequest } from "./build-request.ts";
import { loadJobConfig } from "./job-config.ts";

export interface SubmitCall {
  readonly repository: string | undefined;
  readonly flags: SubmitFlags;
  readonly afterDashes: readonly string[];
}

/** @returns the exit code: that of the job, unless it is not waited for */
export async function runSubmit(call: SubmitCall, context: CliContext): Promise<number> {
  const { flags } = call;
  const config = flags.config === undefined ? undefined : await loadJobConfig(flags.config);
  const request = buildRequest({ ...call, config });
  using clients = await openClients(flags, context);
  const isQuiet = flags.quiet === true;
  const notes = flags.outputOnly === true ? context.stderr : context.stdout;
  if (!isQuiet && !flags.json) {
    const { repository = "", command = "" } = request.jobParams ?? {};
    const what = repository === "" ? `command ${command}` : `repository ${repository}`;
    await notes.write(`Submitting job for ${harmless(what)} to server ${clients.server}\n`);
  }
  await clients.connect();
  const enqueued = await enqueue(clients, request);
  if (isQuiet) await context.stdout.write(`${enqueued.jobId}\n`);
  else if (flags.json) {
    const json = toJson(EnqueueJobResponseSchema, enqueued, { alwaysEmitImplicit: true });
    await context.stdout.write(`${JSON.stringify({ type: "submitted", ...Object(json) })}\n`);
  } else await notes.write(`Job submitted successfully with ID: ${enqueued.jobId}\n`);
  if (isQuiet || !flags.monitor) return exitCodes.success;
  const { runMonitor } = await import("../monitor/run-monitor.ts");
  const whole = { fromSequence: 0, fromTimestamp: 0, filter: [], attempt: 0, playbackSpeed: undefined };
  const timeoutMs = flags.timeout === 0 ? undefined : flags.timeout;
  return runMonitor(
    clients,
    { ...toViewOptions(flags), ...whole, jobId: enqueued.jobId, timeoutMs },
    context,
  );
}

/** Milliseconds before the second and the third try. */
const waitsMs = [500, 1_500];

/** The request id makes it safe to ask again where an answer was lost. */
async function enqueue(clients: JobClients, request: EnqueueRequest): Promise<EnqueueJobResponse> {
  for (let count = 0; ; count += 1) {
    try {
      return await clients.jobs.enqueueJob(request);
    } catch (error) {
      const failure = clients.explain(error);
      const waitMs = waitsMs[count];
      if (!failure.isTransient || waitMs === undefined) throw failure;
      await sleep(waitMs);
    }
  }
}
