// SPDX-License-Identifier: Apache-2.0
import type { ExecutionConfig } from "../gen/job/v1/job_pb.ts";

/** How output is gathered; see {@link resolveBatching}. Times in milliseconds. */
export interface BatchingLimits {
  readonly maxItems: number;
  /** Of a batch, with an estimate of what its items cost beside their bytes. */
  readonly maxBytes: number;
  readonly maxItemBytes: number;
  /** From the first byte until the batch goes out. */
  readonly delayMs: number;
  /** The same while earlier events are still on their way. */
  readonly maxDelayMs: number;
  /** Neighbours that are closer than this become one item. */
  readonly joinWithinMs: number;
  /** Passed on to readers. */
  readonly playbackIntervalMs: number;
}

/** What an item costs on the wire beside its bytes: tags, lengths, stream and time. */
export const itemOverheadBytes = 16;

/** A server refuses events above 358,400 bytes; the original's own default of 1,048,576 made its worker lose output. */
const safeBatchBytes = 262_144;
const smallestBatchBytes = 1024;
const safeItems = 1000;
const itemBytes = 65_536;

/**
 * What the server wants, within what every server takes: batches of 1,024 to 262,144 bytes and at most 1,000 items,
 * sent after 1 to 1,000 ms, at most 10 s. What is unset or makes no sense becomes 50 items, 262,144 bytes, 100 ms and 2 s.
 */
export function resolveBatching(config: ExecutionConfig | undefined): BatchingLimits {
  const batching = config?.batching;
  const maxBytes = Math.max(
    smallestBatchBytes,
    between(Number(batching?.maxBatchBytes ?? 0n), safeBatchBytes, safeBatchBytes),
  );
  const delayMs = between(config?.outputFlushIntervalMillis, 100, 1000);
  const playbackIntervalMs = between(batching?.playbackIntervalMillis, 50, 10_000);
  return {
    maxItems: between(batching?.maxBatchSize, 50, safeItems),
    maxBytes,
    maxItemBytes: Math.min(itemBytes, maxBytes - itemOverheadBytes),
    delayMs,
    maxDelayMs: Math.max(delayMs, between(batching?.flushIntervalSeconds, 2, 10) * 1000),
    // A replay shows output in steps of this length; closer pieces appear together anyway.
    joinWithinMs: Math.min(playbackIntervalMs, 50),
    playbackIntervalMs,
  };
}

/** Interval of HEARTBEAT events in milliseconds; 30 s where the server does not say. */
export function heartbeatIntervalMs(config: ExecutionConfig | undefined): number {
  return between(config?.heartbeatIntervalSeconds, 30, 3600) * 1000;
}

function between(value: number | undefined, fallback: number, max: number): number {
  return value === undefined || !(value >= 1) ? fallback : Math.min(value, max);
}
