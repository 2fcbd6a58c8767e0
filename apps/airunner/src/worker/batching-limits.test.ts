// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { test } from "vitest";
import { ExecutionConfigSchema } from "../gen/job/v1/job_pb.ts";
import { heartbeatIntervalMs, itemOverheadBytes, resolveBatching } from "./batching-limits.ts";

test("without a configuration, what the servers send by default", ({ expect }) => {
  expect(resolveBatching(undefined)).toEqual({
    maxItems: 50,
    maxBytes: 262_144,
    maxItemBytes: 65_536,
    delayMs: 100,
    maxDelayMs: 2000,
    joinWithinMs: 50,
    playbackIntervalMs: 50,
  });
  expect(heartbeatIntervalMs(undefined)).toBe(30_000);
});

test("a batch stays below what any server takes, though the original's server asks for 1 MiB", ({
  expect,
}) => {
  const config = create(ExecutionConfigSchema, {
    batching: { maxBatchBytes: 1_048_576n, maxBatchSize: 100_000 },
  });
  const limits = resolveBatching(config);
  expect(limits.maxBytes).toBe(262_144);
  expect(limits.maxBytes + limits.maxItems * itemOverheadBytes).toBeLessThan(358_400);
});

test.for([0, -5])("%i makes no sense and becomes the default", (value, { expect }) => {
  const config = create(ExecutionConfigSchema, {
    heartbeatIntervalSeconds: value,
    outputFlushIntervalMillis: value,
    batching: {
      flushIntervalSeconds: value,
      maxBatchSize: value,
      maxBatchBytes: BigInt(value),
      playbackIntervalMillis: value,
    },
  });
  expect(resolveBatching(config)).toEqual(resolveBatching(undefined));
  expect(heartbeatIntervalMs(config)).toBe(30_000);
});

test("an item fits into the smallest batch", ({ expect }) => {
  const limits = resolveBatching(create(ExecutionConfigSchema, { batching: { maxBatchBytes: 1n } }));
  expect(limits.maxBytes).toBe(1024);
  expect(limits.maxItemBytes + itemOverheadBytes).toBe(1024);
});
