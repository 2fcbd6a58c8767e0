// SPDX-License-Identifier: Apache-2.0
import { toJson } from "@bufbuild/protobuf";
import { GetJobResponseSchema } from "../../gen/job/v1/job_pb.ts";
import type { ShowFlags } from "../commands/show.ts";
import { openClients } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { call } from "./call.ts";
import { jobPage } from "./job-page.ts";

export async function runShow(jobId: string, flags: ShowFlags, context: CliContext): Promise<void> {
  using clients = await openClients(flags, context);
  await clients.connect();
  const response = await call(clients, "show a job", undefined, () => clients.jobs.getJob({ jobId }));
  if (flags.json) {
    const json = toJson(GetJobResponseSchema, response, { alwaysEmitImplicit: true });
    return context.stdout.write(`${JSON.stringify(json)}\n`);
  }
  await context.stdout.write(jobPage(response, Date.now()));
}
