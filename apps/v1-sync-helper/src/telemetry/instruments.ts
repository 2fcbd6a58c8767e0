// SPDX-License-Identifier: MIT
import { defineInstruments, type Recorders } from "@repo/telemetry";
import { type ReasonCode, reasonCodes } from "../reason.ts";
import { objectKinds } from "../records/object-key.ts";

const services = ["project", "committee"] as const;
const reasons = Object.keys(reasonCodes).filter((code): code is ReasonCode =>
  Object.hasOwn(reasonCodes, code),
);

/** What became of an attempt, as its log line says it: what was done with v2, or how it was put off. */
const outcomeWords = [
  "created",
  "adopted",
  "updated",
  "unchanged",
  "deleted",
  "ignored",
  "superseded",
  "parked",
  "retry",
  "held",
  "dead",
] as const;

/** Every instrument of the service; the README's table is made from it. */
export const instruments = defineInstruments({
  outcomes: {
    kind: "counter",
    name: "v1_sync.outcomes.total",
    unit: "{outcome}",
    description: "Ends of attempts at objects, by what became of them.",
    labels: { type: objectKinds, outcome: outcomeWords },
  },
  duration: {
    kind: "histogram",
    name: "v1_sync.attempt.duration",
    unit: "ms",
    description: "From the claim on an object to the end of the attempt on record.",
    labels: { type: objectKinds },
    buckets: [2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000],
  },
  lag: {
    kind: "histogram",
    name: "v1_sync.lag",
    unit: "s",
    description: "Age of a change of v1 (since it was written to the bucket) when v2 says it too.",
    labels: { type: objectKinds },
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 21_600, 86_400],
  },
  retries: {
    kind: "counter",
    name: "v1_sync.retries.total",
    unit: "{attempt}",
    description: "Attempts that are to be made again, by reason.",
    labels: { reason: reasons },
  },
  dead: {
    kind: "counter",
    name: "v1_sync.dead.total",
    unit: "{object}",
    description: "Objects that were set aside for a person, by reason.",
    labels: { reason: reasons },
  },
  objects: {
    kind: "observable",
    name: "v1_sync.objects",
    unit: "{object}",
    description: "Objects that are not done, of all instances together, by status.",
    labels: { status: ["claimed", "retry", "parked", "held", "dead"] },
  },
  parked: {
    kind: "observable",
    name: "v1_sync.parked",
    unit: "{object}",
    description: "Objects of all instances together that wait for a parent, by the kind of the parent.",
    labels: { parent: ["project", "committee"] },
  },
  inFlight: {
    kind: "observable",
    name: "v1_sync.in_flight",
    unit: "{object}",
    description: "Objects that this instance works on.",
  },
  waiting: {
    kind: "observable",
    name: "v1_sync.waiting",
    unit: "{object}",
    description: "Objects that wait in this instance for their turn.",
  },
  consumerPending: {
    kind: "observable",
    name: "v1_sync.consumer.pending",
    unit: "{message}",
    description: "Messages that the shared consumer has not delivered yet.",
  },
  consumerAckPending: {
    kind: "observable",
    name: "v1_sync.consumer.ack_pending",
    unit: "{message}",
    description: "Messages that were delivered to some instance and are not acknowledged.",
  },
  consumerRedelivered: {
    kind: "observable",
    name: "v1_sync.consumer.redelivered",
    unit: "{message}",
    description: "Messages not acknowledged that were delivered more than once.",
  },
  natsConnected: {
    kind: "observable",
    name: "v1_sync.nats.connected",
    unit: "{connection}",
    description: "1 while there is a connection to NATS.",
  },
  natsDisconnects: {
    kind: "counter",
    name: "v1_sync.nats.disconnects.total",
    unit: "{disconnect}",
    description: "Connections to NATS that were lost.",
  },
  calls: {
    kind: "histogram",
    name: "v1_sync.calls.duration",
    unit: "ms",
    description: "Calls to v2's services with their repeats, by their answer; status is the code, or none.",
    labels: {
      service: services,
      method: ["GET", "POST", "PUT", "DELETE"],
      status: "any",
    },
    buckets: [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 20_000, 60_000],
  },
  callRetries: {
    kind: "counter",
    name: "v1_sync.calls.retries.total",
    unit: "{call}",
    description: "Calls to v2's services that were repeated at once, within one attempt.",
    labels: { service: services, kind: "any" },
  },
  callLimit: {
    kind: "observable",
    name: "v1_sync.calls.limit",
    unit: "{call}",
    description: "Calls at once that a service takes at present, as it was found out.",
    labels: { service: services },
  },
  callsActive: {
    kind: "observable",
    name: "v1_sync.calls.active",
    unit: "{call}",
    description: "Calls under way, by service.",
    labels: { service: services },
  },
  callsWaiting: {
    kind: "observable",
    name: "v1_sync.calls.waiting",
    unit: "{call}",
    description: "Calls that wait for their turn, by service.",
    labels: { service: services },
  },
  tokenRequests: {
    kind: "counter",
    name: "v1_sync.v1_tokens.total",
    unit: "{request}",
    description: "Requests for tokens of v1's gateway.",
    labels: { outcome: "any" },
  },
  lookups: {
    kind: "counter",
    name: "v1_sync.lookups.total",
    unit: "{lookup}",
    description: "Users and organizations of v1, by what was found and where the answer came from.",
    labels: {
      of: ["user", "organization"],
      outcome: ["known", "unknown", "unavailable"],
      from: ["memory", "bucket", "v1"],
    },
  },
  buildInfo: {
    kind: "observable",
    name: "v1_sync.build_info",
    unit: "{build}",
    description: "Always 1; the labels say what runs.",
    labels: { version: "any", node: "any" },
  },
});

export type SyncMetrics = Recorders<typeof instruments>;
