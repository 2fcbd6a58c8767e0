// SPDX-License-Identifier: Apache-2.0
import { toJson } from "@bufbuild/protobuf";
import type { JobClients } from "../../client/create-clients.ts";
import { JobState, type ListJobsResponse, ListJobsResponseSchema } from "../../gen/job/v1/job_pb.ts";
import type { ListFlags } from "../commands/list.ts";
import { openClients } from "../connection.ts";
import { type CliContext, UsageError } from "../context.ts";
import { parseJobState } from "../text/names.ts";
import { call } from "./call.ts";
import { listTable } from "./list-table.ts";
import { watchSnapshots } from "./watch-snapshots.ts";

export async function runList(flags: ListFlags, context: CliContext): Promise<void> {
  const state = stateOf(flags.state);
  using clients = await openClients(flags, context);
  const snapshot = async (signal?: AbortSignal): Promise<string> => {
    const response = await listJobs(clients, { flags, state, signal });
    if (flags.json) {
      return `${JSON.stringify(toJson(ListJobsResponseSchema, response, { alwaysEmitImplicit: true }))}\n`;
    }
    const { queue = "", page } = flags;
    return listTable({
      jobs: response.jobs,
      lastPage: response.lastPage,
      page,
      queue,
      state: flags.state ?? "",
    });
  };
  await clients.connect();
  if (!flags.watch) return context.stdout.write(await snapshot());
  await watchSnapshots(
    { snapshot, title: "Watching jobs", json: flags.json ?? false, everyMs: flags.interval },
    context,
  );
}

function stateOf(text: string | undefined): JobState {
  if (text === undefined || text.trim() === "" || text.trim().toLowerCase() === "all")
    return JobState.UNSPECIFIED;
  const state = parseJobState(text);
  if (state !== undefined) return state;
  throw new UsageError(
    `--state=${JSON.stringify(text.slice(0, 40))} is none; use scheduled, running, completed, failed, cancelled or all`,
  );
}

interface ListCall {
  readonly flags: ListFlags;
  readonly state: JobState;
  readonly signal: AbortSignal | undefined;
}

async function listJobs(clients: JobClients, { flags, state, signal }: ListCall): Promise<ListJobsResponse> {
  const request = {
    queue: flags.queue ?? "",
    state: flags.dead === true && state === JobState.UNSPECIFIED ? JobState.FAILED : state,
    page: flags.page,
    pageSize: flags.pageSize,
    attempt: flags.attempt,
    dead: flags.dead ?? false,
    newestFirst: flags.newest ?? false,
  };
  return call(clients, "list jobs", signal, (options) => clients.jobs.listJobs(request, options));
}
