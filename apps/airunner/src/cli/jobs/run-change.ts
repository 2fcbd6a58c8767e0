// SPDX-License-Identifier: Apache-2.0
import { toJson } from "@bufbuild/protobuf";
import { CancelJobResponseSchema, JobState, RetryJobResponseSchema } from "../../gen/job/v1/job_pb.ts";
import type { CancelFlags } from "../commands/cancel.ts";
import type { RetryFlags } from "../commands/retry.ts";
import { openClients } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { jobStateName } from "../text/names.ts";
import { call } from "./call.ts";

export async function runCancel(jobId: string, flags: CancelFlags, context: CliContext): Promise<void> {
  using clients = await openClients(flags, context);
  await clients.connect();
  const { reason } = flags;
  const response = await call(clients, "cancel jobs", undefined, () =>
    clients.jobs.cancelJob({ jobId, reason }),
  );
  if (flags.json) {
    const json = toJson(CancelJobResponseSchema, response, { alwaysEmitImplicit: true });
    return context.stdout.write(`${JSON.stringify(json)}\n`);
  }
  const said =
    response.state === JobState.RUNNING
      ? `Job ${jobId} is running; its worker was asked to stop it`
      : `Job ${jobId} is ${jobStateName(response.state)}`;
  await context.stdout.write(`${said}\n`);
}

export async function runRetry(jobId: string, flags: RetryFlags, context: CliContext): Promise<void> {
  using clients = await openClients(flags, context);
  await clients.connect();
  const response = await call(clients, "retry jobs", undefined, () => clients.jobs.retryJob({ jobId }));
  if (flags.json) {
    const json = toJson(RetryJobResponseSchema, response, { alwaysEmitImplicit: true });
    return context.stdout.write(`${JSON.stringify(json)}\n`);
  }
  await context.stdout.write(`Job ${jobId} is ${jobStateName(response.state)} again\n`);
}
