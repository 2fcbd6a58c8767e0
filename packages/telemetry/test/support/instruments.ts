// SPDX-License-Identifier: Apache-2.0
import { defineInstruments } from "../../src/index.ts";

/** One of each kind. */
export const instruments = defineInstruments({
  jobs: {
    name: "test.jobs.total",
    kind: "counter",
    unit: "{job}",
    description: "Jobs taken.",
    labels: { queue: "any" },
  },
  duration: {
    name: "test.call.duration",
    kind: "histogram",
    unit: "ms",
    description: "How long a call took.",
    buckets: [1, 5, 10],
    labels: { succeeded: [true, false] },
  },
  streams: {
    name: "test.streams.active",
    kind: "updown",
    unit: "{stream}",
    description: "Streams that are open.",
  },
  memory: { name: "test.memory", kind: "gauge", unit: "By", description: "Memory in use." },
  depth: {
    name: "test.queue.depth",
    kind: "observable",
    unit: "{job}",
    description: "Jobs that wait.",
    labels: { queue: "any" },
  },
});
