// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, test } from "vitest";
import { recordedValue } from "../testing.ts";
import { HistogramCell } from "./cells.ts";
import { defineInstruments } from "./define-instruments.ts";
import { createRecorders, instrumentsBehind } from "./recorders.ts";
import { maxSeries, SeriesMap } from "./series.ts";

const table = defineInstruments({
  open: {
    name: "open",
    kind: "counter",
    unit: "{a}",
    description: "A.",
    labels: { queue: "any", ok: [true, false] },
  },
  closed: {
    name: "closed",
    kind: "counter",
    unit: "{a}",
    description: "A.",
    labels: { ok: [true, false], by: ["a", "b"] },
  },
  plain: { name: "plain", kind: "counter", unit: "{a}", description: "A." },
  level: { name: "level", kind: "updown", unit: "{a}", description: "A.", labels: { queue: "any" } },
  now: { name: "now", kind: "gauge", unit: "{a}", description: "A." },
  wait: { name: "wait", kind: "histogram", unit: "ms", description: "A.", buckets: [1, 10] },
  depth: { name: "depth", kind: "observable", unit: "{a}", description: "A.", labels: { queue: "any" } },
});

describe("recorders", () => {
  test("keep one series per label set, however it is reached", ({ expect }) => {
    const recorders = createRecorders(table);
    const bound = recorders.open.with({ queue: "q", ok: true });
    bound.add();
    recorders.open.add(2, { ok: true, queue: "q" });
    recorders.open.add(5, { ok: false, queue: "q" });
    expect(recorders.open.with({ queue: "q", ok: true })).toBe(bound);
    expect(recordedValue(recorders, "open", { queue: "q", ok: true })).toBe(3);
    expect(recordedValue(recorders, "open", { queue: "q", ok: false })).toBe(5);
    expect(recordedValue(recorders, "open", { queue: "other", ok: true })).toBeUndefined();
  });

  test("start sums whose labels are all known at 0", ({ expect }) => {
    const recorders = createRecorders(table);
    expect(recordedValue(recorders, "closed", { ok: false, by: "b" })).toBe(0);
    expect(recordedValue(recorders, "plain")).toBe(0);
    expect(recordedValue(recorders, "now")).toBeUndefined();
  });

  test.for([-1, Number.NaN, -Infinity])("a counter leaves %d out", (amount, { expect }) => {
    const recorders = createRecorders(table);
    recorders.plain.add(amount);
    expect(recordedValue(recorders, "plain")).toBe(0);
  });

  test("others leave out what is no number", ({ expect }) => {
    const recorders = createRecorders(table);
    recorders.level.add(Number.NaN, { queue: "q" });
    recorders.now.record(Infinity);
    recorders.wait.record(Number.NaN);
    expect(recordedValue(recorders, "level", { queue: "q" })).toBe(0);
    expect(recordedValue(recorders, "now")).toBeUndefined();
    expect(recordedValue(recorders, "wait")).toBe(0);
  });

  test("labels that were not declared make no series", ({ expect }) => {
    const recorders = createRecorders(table);
    const labels = { queue: "q", job_id: "1" };
    recorders.level.add(1, labels);
    const others = { ...labels, job_id: "2" };
    recorders.level.add(1, others);
    expect(recordedValue(recorders, "level", { queue: "q" })).toBe(2);
  });

  test("an observable asks its callbacks until they are disposed", async ({ expect }) => {
    const recorders = createRecorders(table);
    const depth = instrumentsBehind(recorders).find(({ kind }) => kind === "observable");
    const read = () => (depth?.kind === "observable" ? depth.observers.collect() : undefined);
    const first = recorders.depth.observe((observe) => observe(1, { queue: "a" }));
    recorders.depth.observe(async (observe) => {
      observe(1, { queue: "b" });
      observe(2, { queue: "b" });
    });
    expect(await read()).toEqual([
      { labels: { queue: "a" }, value: 1 },
      { labels: { queue: "b" }, value: 2 },
    ]);
    first[Symbol.dispose]();
    expect(await read()).toEqual([{ labels: { queue: "b" }, value: 2 }]);
  });
});

test("what comes after the most series is counted in one", ({ expect }) => {
  const series = new SeriesMap(["id"], () => ({ value: 0 }));
  for (let id = 0; id < maxSeries + 10; id++) series.cell({ id: String(id) }).value += 1;
  expect(series.all).toHaveLength(maxSeries + 1);
  expect(series.all.at(-1)).toEqual({ labels: { "otel.metric.overflow": true }, cell: { value: 10 } });
  expect(series.cell({ id: "0" }).value).toBe(1);
});

test("series are found as a map by JSON of their labels would find them", ({ expect }) => {
  const label = fc.constantFrom("", "a", "b", "c", true, false, undefined);
  const labels = fc.record({ x: label, y: label, z: label });
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 100 }), (all) => {
      const series = new SeriesMap(["x", "y", "z"], () => ({ value: 0 }));
      const model = new Map<string, number>();
      for (const set of all) {
        const given = Object.fromEntries(
          Object.entries(set).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
        );
        series.cell(given).value += 1;
        const key = JSON.stringify(given);
        model.set(key, (model.get(key) ?? 0) + 1);
      }
      expect(new Map(series.all.map((each) => [JSON.stringify(each.labels), each.cell.value]))).toEqual(
        model,
      );
    }),
  );
});

test("a histogram counts a value in the first bucket that holds it", ({ expect }) => {
  const bounds = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(bounds, fc.array(fc.integer({ min: -60, max: 60 })), (unsorted, values) => {
      const sorted = unsorted.toSorted((one, other) => one - other);
      const cell = new HistogramCell(sorted);
      for (const value of values) cell.record(value);
      const expected = [...sorted, Infinity].map(
        (bound, index) =>
          values.filter((value) => value <= bound && value > (sorted[index - 1] ?? -Infinity)).length,
      );
      expect([...cell.counts]).toEqual(expected);
      expect([cell.count, cell.sum]).toEqual([values.length, values.reduce((sum, value) => sum + value, 0)]);
    }),
  );
});
