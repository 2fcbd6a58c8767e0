// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { prometheusName } from "../src/index.ts";
import { instruments } from "./support/instruments.ts";
import { parseExposition } from "./support/parse-exposition.ts";
import { startWith } from "./support/start.ts";

test("the text is what Prometheus reads, with the names of the table", async ({ expect }) => {
  const { telemetry } = await startWith({});
  const hostile = 'a"b\\c\nd';
  telemetry.metrics.jobs.add(3, { queue: hostile });
  for (const value of [0.5, 1, 7, 100]) telemetry.metrics.duration.record(value, { succeeded: false });
  telemetry.metrics.memory.record(1.5e9);
  telemetry.metrics.depth.observe((observe) => observe(2, { queue: "q" }));
  const families = parseExposition(await telemetry.prometheusText());
  await telemetry[Symbol.asyncDispose]();
  const names = Object.values(instruments).map(prometheusName);
  expect([...families.keys()].toSorted()).toEqual([...names, "target_info"].toSorted());
  expect(families.get("test_jobs_total")).toEqual({
    type: "counter",
    help: "Jobs taken.",
    samples: [{ name: "test_jobs_total", labels: { queue: hostile }, value: 3 }],
  });
  expect(families.get("test_memory_bytes")?.samples[0]?.value).toBe(1.5e9);
  expect(families.get("test_queue_depth")?.samples).toEqual([
    { name: "test_queue_depth", labels: { queue: "q" }, value: 2 },
  ]);
  const duration = families.get("test_call_duration_milliseconds");
  expect(duration?.type).toBe("histogram");
  expect(duration?.samples.map(({ name, labels, value }) => [name.slice(31), labels["le"], value])).toEqual([
    ["_count", undefined, 4],
    ["_sum", undefined, 108.5],
    ["_bucket", "1", 2],
    ["_bucket", "5", 2],
    ["_bucket", "10", 3],
    ["_bucket", "+Inf", 4],
  ]);
  expect(families.get("target_info")?.samples[0]?.labels).toMatchObject({
    service_name: "test",
    service_version: "1.2.3",
  });
});

test("instruments of libraries are in it too", async ({ expect }) => {
  const { telemetry } = await startWith({});
  telemetry.meter
    .createCounter("library.calls", { unit: "{call}", description: "Calls." })
    .add(2, { a: "b" });
  const families = parseExposition(await telemetry.prometheusText());
  await telemetry[Symbol.asyncDispose]();
  expect(families.get("library_calls_total")?.samples).toEqual([
    { name: "library_calls_total", labels: { a: "b" }, value: 2 },
  ]);
});
