// SPDX-License-Identifier: Apache-2.0
import { defineInstruments, type Recorders } from "@repo/telemetry";

const queues = { queue: "any" } as const;
const callBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 90_000];
const byteBuckets = [128, 512, 2048, 8192, 32_768, 131_072, 524_288, 2_097_152];

/**
 * Every instrument of the server. Names up to `channelOverflows` are those of the program before this one, without its
 * label `job_id`, of which there would be as many as jobs.
 */
export const instruments = defineInstruments({
  publishes: {
    kind: "counter",
    name: "airunner.events.publish.total",
    unit: "{event}",
    description: "Events that workers sent.",
    labels: { success: [true, false] },
  },
  publishErrors: {
    kind: "counter",
    name: "airunner.events.publish.errors.total",
    unit: "{error}",
    description: "Messages of events that were refused, by the stable code of the refusal.",
    labels: { error_type: "any" },
  },
  publishDuration: {
    kind: "histogram",
    name: "airunner.events.publish.duration",
    unit: "ms",
    description: "From the arrival of a message of events until they are in the log.",
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000],
  },
  persisted: {
    kind: "counter",
    name: "airunner.events.persisted.total",
    unit: "{event}",
    description: "Events that were put into logs, by type.",
    labels: { type: "any" },
  },
  dropped: {
    kind: "counter",
    name: "airunner.events.dropped.total",
    unit: "{event}",
    description:
      "Events that a reader did not get; always 0, since readers have no queue that could be full.",
    labels: { reason: ["channel_full"] },
  },
  activeStreams: {
    kind: "updown",
    name: "airunner.streams.active",
    unit: "{stream}",
    description: "Readers of logs that are connected.",
  },
  replayDuration: {
    kind: "histogram",
    name: "airunner.streams.historical_replay.duration",
    unit: "ms",
    description: "From a reader's arrival until it had read all that was there.",
    buckets: [1, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 60_000],
  },
  replayEvents: {
    kind: "counter",
    name: "airunner.streams.historical_replay.events.total",
    unit: "{event}",
    description: "Events sent to readers that were in the log before they came.",
  },
  enqueued: {
    kind: "counter",
    name: "airunner.jobs.enqueued.total",
    unit: "{job}",
    description: "Jobs submitted; a repeated request does not count.",
    labels: queues,
  },
  dequeued: {
    kind: "counter",
    name: "airunner.jobs.dequeued.total",
    unit: "{job}",
    description: "Jobs handed to workers.",
    labels: queues,
  },
  completed: {
    kind: "counter",
    name: "airunner.jobs.completed.total",
    unit: "{job}",
    description:
      "Attempts that workers ended, by the job's state after it; scheduled where another attempt follows.",
    labels: { queue: "any", state: "any" },
  },
  redelivered: {
    kind: "counter",
    name: "airunner.jobs.redelivered.total",
    unit: "{job}",
    description: "Jobs handed to a worker that had been handed out before.",
    labels: queues,
  },
  released: {
    kind: "counter",
    name: "airunner.jobs.released.total",
    unit: "{job}",
    description: "Jobs given back unfinished.",
    labels: queues,
  },
  visibilityUpdates: {
    kind: "counter",
    name: "airunner.jobs.visibility_updates.total",
    unit: "{update}",
    description: "Leases that workers extended.",
  },
  channelOverflows: {
    kind: "counter",
    name: "airunner.channels.overflow.total",
    unit: "{event}",
    description: "Kept for dashboards of the program before; always 0, since there are no channels.",
  },
  batchSize: {
    kind: "histogram",
    name: "airunner.batching.batch_size",
    unit: "{output}",
    description: "Outputs in one event of a worker.",
    buckets: [1, 2, 5, 10, 20, 50, 100, 500, 1000, 10_000],
  },
  delivered: {
    kind: "counter",
    name: "airunner.streams.events.total",
    unit: "{event}",
    description: "Events sent to readers, history and live.",
  },
  deliveryLag: {
    kind: "histogram",
    name: "airunner.streams.lag",
    unit: "ms",
    description: "Age of the newest event that is sent to a reader who is up to date, by the worker's clock.",
    buckets: [1, 5, 10, 25, 50, 100, 200, 500, 1000, 2500, 5000, 30_000],
  },
  cancelRequests: {
    kind: "counter",
    name: "airunner.jobs.cancel_requests.total",
    unit: "{request}",
    description: "Requests to cancel a job that were granted.",
    labels: queues,
  },
  retries: {
    kind: "counter",
    name: "airunner.jobs.retries.total",
    unit: "{job}",
    description: "Jobs that people scheduled again.",
    labels: queues,
  },
  leasesLost: {
    kind: "counter",
    name: "airunner.leases.lost.total",
    unit: "{call}",
    description: "Calls of workers that were refused because the job was not theirs any more.",
    labels: { method: "any" },
  },
  queueDepth: {
    kind: "observable",
    name: "airunner.queue.depth",
    unit: "{job}",
    description: "Jobs of a queue by state; delayed ones are scheduled for later, dead ones are failed too.",
    labels: {
      queue: "any",
      state: ["scheduled", "delayed", "running", "completed", "failed", "cancelled", "dead"],
    },
  },
  queueOldestAge: {
    kind: "observable",
    name: "airunner.queue.oldest.age",
    unit: "s",
    description: "Age of the oldest job that is ready and that no worker has taken; 0 where there is none.",
    labels: queues,
  },
  waitingWorkers: {
    kind: "observable",
    name: "airunner.queue.waiting_workers",
    unit: "{call}",
    description: "Calls of workers that wait for a job at this server.",
    labels: queues,
  },
  activeCalls: {
    kind: "updown",
    name: "rpc.server.active",
    unit: "{call}",
    description: "Calls under way; long-lived are those that wait for jobs, send events or read logs.",
    labels: { "rpc.method": "any" },
  },
  callDuration: {
    kind: "histogram",
    name: "rpc.server.duration",
    unit: "ms",
    description: "Calls from their headers to their end, by the protocol's code (ok where none).",
    labels: { "rpc.service": "any", "rpc.method": "any", "rpc.code": "any" },
    buckets: callBuckets,
  },
  requestSize: {
    kind: "histogram",
    name: "rpc.server.request.size",
    unit: "By",
    description: "Serialised messages of a call's request.",
    labels: { "rpc.method": "any" },
    buckets: byteBuckets,
  },
  responseSize: {
    kind: "histogram",
    name: "rpc.server.response.size",
    unit: "By",
    description: "Serialised messages of a call's response.",
    labels: { "rpc.method": "any" },
    buckets: byteBuckets,
  },
});

export type ServerMetrics = Recorders<typeof instruments>;
