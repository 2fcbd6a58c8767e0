// SPDX-License-Identifier: Apache-2.0
import { createVirtualClock } from "@repo/http-retry/testing";
import fc from "fast-check";
import { describe, test } from "vitest";
import { type BatchingLimits, itemOverheadBytes, resolveBatching } from "./batching-limits.ts";
import { OutputBatcher } from "./output-batcher.ts";
import type { OutputChunk } from "./process/process.ts";

const defaults = resolveBatching(undefined);

function setUp(limits: Partial<BatchingLimits> = {}) {
  const clock = createVirtualClock();
  const batches: (readonly OutputChunk[])[] = [];
  let isBusy = false;
  const batcher = new OutputBatcher({
    limits: { ...defaults, ...limits },
    clock,
    isBusy: () => isBusy,
    onBatch: (items) => batches.push(items),
  });
  const write = (text: string, stream: OutputChunk["stream"] = "stdout") =>
    batcher.add({ bytes: Buffer.from(text), stream, atMs: clock.date() });
  const texts = () => batches.map((items) => items.map(({ bytes }) => Buffer.from(bytes).toString()));
  return { clock, batcher, batches, write, texts, setBusy: (value: boolean) => void (isBusy = value) };
}

describe("time", () => {
  test("the first bytes go out after the delay and not before", ({ expect }) => {
    const { clock, write, texts } = setUp();
    write("hello");
    clock.advance(99);
    expect(texts()).toEqual([]);
    clock.advance(1);
    expect(texts()).toEqual([["hello"]]);
    expect(clock.pending).toBe(0);
  });

  test("later bytes do not put it off", ({ expect }) => {
    const { clock, write, texts } = setUp();
    write("a");
    clock.advance(60);
    write("b");
    clock.advance(40);
    expect(texts()).toEqual([["a", "b"]]);
  });

  test("gathers longer while earlier events are on their way, up to the ceiling", ({ expect }) => {
    const { clock, write, texts, setBusy } = setUp();
    setBusy(true);
    write("a");
    clock.advance(1999);
    expect(texts()).toEqual([]);
    clock.advance(1);
    expect(texts()).toEqual([["a"]]);
  });

  test("goes out at the next look once the way is free", ({ expect }) => {
    const { clock, write, texts, setBusy } = setUp();
    setBusy(true);
    write("a");
    clock.advance(250);
    setBusy(false);
    clock.advance(50);
    expect(texts()).toEqual([["a"]]);
  });
});

describe("size", () => {
  test("a batch goes out as soon as it has its items", ({ expect }) => {
    const { write, texts } = setUp({ maxItems: 3, joinWithinMs: 0 });
    for (const text of ["a", "b", "c", "d"]) write(text);
    expect(texts()).toEqual([["a", "b", "c"]]);
  });

  test("a batch never has more bytes than the limit, its items' overhead counted", ({ expect }) => {
    const { batcher, write, texts } = setUp({ maxBytes: 100, joinWithinMs: 0 });
    write("x".repeat(50));
    write("y".repeat(100 - 50 - 2 * itemOverheadBytes + 1));
    batcher.flush();
    expect(texts().map((items) => items.length)).toEqual([1, 1]);
  });

  test("a chunk above the bound is split, not dropped", ({ expect }) => {
    const { batcher, write, texts } = setUp({ maxItemBytes: 10 });
    write("0123456789abcdefghijKLM");
    batcher.flush();
    expect(texts()).toEqual([["0123456789", "abcdefghij", "KLM"]]);
  });
});

describe("joining", () => {
  test("neighbours of one stream become one item", ({ expect }) => {
    const { batcher, clock, write, texts } = setUp();
    write("a");
    clock.advance(49);
    write("b");
    clock.advance(1);
    write("c");
    batcher.flush();
    expect(texts()).toEqual([["ab", "c"]]);
  });

  test("not across streams, and not into an item that is full", ({ expect }) => {
    const { batcher, write, texts } = setUp({ maxItemBytes: 2 });
    write("a", "stdout");
    write("b", "stderr");
    write("c", "stdout");
    write("d", "stdout");
    write("e", "stdout");
    batcher.flush();
    expect(texts()).toEqual([["a", "b", "cd", "e"]]);
  });
});

test("whatever comes whenever: every byte of each stream in order, within every limit", ({ expect }) => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ text: fc.string({ maxLength: 40 }), isError: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ advance: fc.nat(300) }) },
    { weight: 1, arbitrary: fc.record({ busy: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant("flush" as const) },
  );
  const limits = fc.record({
    maxItems: fc.integer({ min: 1, max: 6 }),
    maxBytes: fc.integer({ min: 40, max: 200 }),
    maxItemBytes: fc.integer({ min: 1, max: 24 }),
    joinWithinMs: fc.nat(60),
  });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 60 }), (chosen, steps) => {
      const { batcher, clock, batches, write, setBusy } = setUp(chosen);
      const written: [string, string][] = [];
      for (const one of steps) {
        if (one === "flush") batcher.flush();
        else if ("advance" in one) clock.advance(one.advance);
        else if ("busy" in one) setBusy(one.busy);
        else {
          const stream = one.isError ? "stderr" : "stdout";
          written.push([stream, one.text]);
          write(one.text, stream);
        }
      }
      batcher.flush();
      const runs = (parts: readonly (readonly [string, string])[]) =>
        parts.flatMap(([stream, text]) =>
          [...Buffer.from(text, "latin1")].map((byte) => `${stream}:${byte}`),
        );
      const seen = batches
        .flat()
        .map(({ stream, bytes }) => [stream, Buffer.from(bytes).toString("latin1")] as const);
      const wrote = written.map(([stream, text]) => [stream, Buffer.from(text).toString("latin1")] as const);
      expect(runs(seen)).toEqual(runs(wrote));
      for (const items of batches) {
        expect(items.length).toBeGreaterThan(0);
        expect(items.length).toBeLessThanOrEqual(chosen.maxItems);
        const bytes = items.reduce((sum, item) => sum + item.bytes.length + itemOverheadBytes, 0);
        expect(bytes).toBeLessThanOrEqual(chosen.maxBytes);
        for (const item of items) expect(item.bytes.length).toBeLessThanOrEqual(chosen.maxItemBytes);
      }
    }),
  );
});
