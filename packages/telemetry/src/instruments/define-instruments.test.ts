// SPDX-License-Identifier: Apache-2.0
import { describe, test } from "vitest";
import { defineInstruments, type InstrumentDeclaration } from "./define-instruments.ts";
import { instrumentsTable } from "./instruments-table.ts";
import { prometheusName } from "./prometheus-name.ts";

const counter = { name: "a.total", kind: "counter", unit: "{a}", description: "All." } as const;
const histogram = { ...counter, name: "b", kind: "histogram", buckets: [1, 2] } as const;

const mistakes: readonly (readonly [string, Record<string, InstrumentDeclaration>, string])[] = [
  ["a name with capitals", { a: { ...counter, name: "aTotal" } }, '"aTotal" must be lower-case'],
  ["a description without an end", { a: { ...counter, description: "All" } }, "full stop"],
  ["a description of two lines", { a: { ...counter, description: "A\nb." } }, "one line"],
  ["a label with a dash", { a: { ...counter, labels: { "job-id": "any" } } }, '"job-id"'],
  ["the label le", { a: { ...counter, labels: { le: "any" } } }, '"le"'],
  ["a label without values", { a: { ...counter, labels: { state: [] } } }, "has no values"],
  ["buckets out of order", { a: { ...histogram, buckets: [1, 1] } }, "ascending"],
  ["an endless bucket", { a: { ...histogram, buckets: [1, Infinity] } }, "finite"],
  ["no buckets", { a: { ...histogram, buckets: [] } }, "ascending"],
  [
    "two names that are one in Prometheus",
    { a: counter, b: { ...counter, name: "a_total" } },
    "are both a_total",
  ],
];

describe("defineInstruments", () => {
  test.for(mistakes)("refuses %s", ([, table, message], { expect }) => {
    expect(() => defineInstruments(table)).toThrow(message);
  });
});

describe("prometheusName", () => {
  test.for([
    ["airunner.events.publish.total", "counter", "{event}", "airunner_events_publish_total"],
    ["airunner.events.publish", "counter", "{event}", "airunner_events_publish_total"],
    ["airunner.events.publish.duration", "histogram", "ms", "airunner_events_publish_duration_milliseconds"],
    ["sent.bytes", "counter", "By", "sent_bytes_total"],
    ["sent.total", "counter", "By", "sent_bytes_total"],
    ["disk.usage", "gauge", "1", "disk_usage_ratio"],
    ["errors", "counter", "1", "errors_total"],
    ["speed", "gauge", "By/s", "speed_bytes_per_second"],
    ["rate", "gauge", "{job}/s", "rate_per_second"],
    ["streams.active", "updown", "{stream}", "streams_active"],
    ["wait", "histogram", "fortnight", "wait"],
  ] as const)("%s, a %s in %s, is %s", ([name, kind, unit, expected], { expect }) => {
    expect(prometheusName({ name, kind, unit })).toBe(expected);
  });
});

test("instrumentsTable writes a row for each instrument, by name", ({ expect }) => {
  const table = defineInstruments({
    wait: { ...histogram, name: "job.wait", unit: "ms", description: "How long a job waited." },
    jobs: {
      ...counter,
      name: "job.ends.total",
      unit: "{job}",
      labels: { queue: "any", state: ["completed", "failed"] },
    },
  });
  expect(instrumentsTable(table).split("\n").slice(2)).toEqual([
    "| `job.ends.total` | counter | `{job}` | `queue`; `state` (completed, failed) | All. | `job_ends_total` |",
    "| `job.wait` | histogram | `ms` | – | How long a job waited. | `job_wait_milliseconds` |",
  ]);
});
