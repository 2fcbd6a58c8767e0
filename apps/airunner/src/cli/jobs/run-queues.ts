// SPDX-License-Identifier: Apache-2.0
import { toJson } from "@bufbuild/protobuf";
import { type QueueStat, QueueStatsResponseSchema } from "../../gen/job/v1/job_pb.ts";
import type { QueuesFlags } from "../commands/queues.ts";
import { openClients } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { cell } from "../text/harmless.ts";
import { roughly, toMs } from "../text/times.ts";
import { call } from "./call.ts";
import { watchSnapshots } from "./watch-snapshots.ts";

type Column = readonly [title: string, width: number, value: (stat: QueueStat, nowMs: number) => string];

const columns: readonly Column[] = [
  ["Queue", 20, (stat) => stat.queue],
  ["Scheduled", 10, (stat) => String(stat.scheduled)],
  ["Delayed", 10, (stat) => String(stat.delayed)],
  ["Running", 10, (stat) => String(stat.running)],
  ["Completed", 10, (stat) => String(stat.completed)],
  ["Failed", 10, (stat) => String(stat.failed)],
  ["Dead", 10, (stat) => String(stat.dead)],
  ["Cancelled", 10, (stat) => String(stat.cancelled)],
  ["Oldest", 10, oldest],
  ["Waiting Workers", 15, (stat) => String(stat.waitingWorkers)],
];

export async function runQueues(flags: QueuesFlags, context: CliContext): Promise<void> {
  using clients = await openClients(flags, context);
  const snapshot = async (signal?: AbortSignal): Promise<string> => {
    const response = await call(clients, "count queues", signal, (options) =>
      clients.jobs.queueStats({ queue: flags.queue ?? "" }, options),
    );
    return flags.json
      ? `${JSON.stringify(toJson(QueueStatsResponseSchema, response, { alwaysEmitImplicit: true }))}\n`
      : queuesTable(response.queues, Date.now());
  };
  await clients.connect();
  if (!flags.watch) return context.stdout.write(await snapshot());
  const options = { snapshot, title: "Watching queues", json: flags.json ?? false, everyMs: flags.interval };
  await watchSnapshots(options, context);
}

/** Lines with their ends. */
function queuesTable(queues: readonly QueueStat[], nowMs: number): string {
  if (queues.length === 0) return "No queues: no job was submitted yet.\n";
  const header = columns.map(([name, width]) => cell(name, width)).join(" ");
  const rows = queues.map((stat) =>
    columns.map(([, width, value]) => cell(value(stat, nowMs), width)).join(" "),
  );
  return [header, "─".repeat(header.length), ...rows].map((line) => `${line.trimEnd()}\n`).join("");
}

/** How long the oldest job has been waiting that could run. */
function oldest(stat: QueueStat, nowMs: number): string {
  const at = toMs(stat.oldestScheduledAt);
  return at === undefined ? "-" : roughly(nowMs - at);
}
