// SPDX-License-Identifier: Apache-2.0
// `pnpm bench telemetry`: what a record costs beside OpenTelemetry's own instruments. Options: --rounds N.
import { parseArgs } from "node:util";
import { type BenchCase, cpuPerOperation, publishReport, runBench } from "@repo/bench";
import { defineInstruments, startTelemetry } from "../src/index.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "9" } } });

const records = 1_000_000;
const buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 90_000];
const states = ["completed", "failed", "cancelled", "scheduled"] as const;
const labels = { queue: "any", state: states } as const;
const table = defineInstruments({
  jobs: { name: "bench.jobs", kind: "counter", unit: "{job}", description: "Jobs.", labels },
  plain: { name: "bench.plain", kind: "counter", unit: "{job}", description: "Jobs." },
  wait: { name: "bench.wait", kind: "histogram", unit: "ms", description: "Waiting.", labels, buckets },
});
await using telemetry = await startTelemetry({
  serviceName: "bench",
  serviceVersion: "0.0.0",
  env: {},
  instruments: table,
});
const { jobs, plain, wait } = telemetry.metrics;
const set = { queue: "default", state: "completed" } as const;
const boundJobs = jobs.with(set);
const boundWait = wait.with(set);
const sdkCounter = telemetry.meter.createCounter("bench.sdk.jobs");
const sdkHistogram = telemetry.meter.createHistogram("bench.sdk.wait", {
  advice: { explicitBucketBoundaries: buckets },
});

function perRecord(name: string, record: (n: number) => void): BenchCase {
  const sample = cpuPerOperation(records, (count) => {
    for (let n = 0; n < count; n += 1) record(n);
  });
  return { name, sample: async () => (await sample()) * 1000 };
}

// As many series as a server with a few hundred queues has.
for (let queue = 0; queue < 400; queue += 1)
  for (const state of states) wait.record(queue, { queue: `queue-${queue}`, state });
let scraped = 0;

await publishReport(
  await runBench({
    name: "telemetry",
    title: "Recording a metric",
    rounds: Number(values.rounds),
    notes: ["Two labels; the histogram has 15 bounds. The scrape has 1,600 series of that histogram."],
    groups: [
      {
        title: "Counter",
        unit: "CPU ns/op",
        cases: [
          perRecord("series kept by the caller", () => boundJobs.add()),
          perRecord("without labels", () => plain.add(1)),
          perRecord("labels at each record", () => jobs.add(1, set)),
          perRecord("OpenTelemetry SDK", () => sdkCounter.add(1, set)),
        ],
      },
      {
        title: "Histogram",
        unit: "CPU ns/op",
        cases: [
          perRecord("series kept by the caller", (n) => boundWait.record(n % 1000)),
          perRecord("labels at each record", (n) => wait.record(n % 1000, set)),
          perRecord("OpenTelemetry SDK", (n) => sdkHistogram.record(n % 1000, set)),
        ],
      },
      {
        title: "Prometheus text",
        unit: "wall ms/scrape",
        cases: [
          {
            name: "1,600 histogram series",
            sample: async () => {
              const start = performance.now();
              scraped += (await telemetry.prometheusText()).length;
              return performance.now() - start;
            },
          },
        ],
      },
    ],
  }),
);
process.stdout.write(`${scraped} characters scraped\n`);
