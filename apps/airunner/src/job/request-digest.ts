// SPDX-License-Identifier: Apache-2.0
import { hash } from "node:crypto";
import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { JobParamsSchema } from "../gen/job/v1/job_pb.ts";
import type { NewJob } from "./job.ts";

/** The same value with the names of its objects in order: maps of protobuf have none. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)]),
  );
}

/**
 * What a request asks for, as SHA-256 in lower-case hex: equal for two requests exactly when one may stand for the
 * other under a shared request id. Who asks is not part of it. Stores keep it, so it must not change between
 * releases: a field of JobParams that is unset leaves no trace, and new ones may be added.
 */
export function requestDigest({ queue, params, priority, delayMs, retryPolicy }: NewJob): string {
  const policy =
    retryPolicy === undefined
      ? null
      : [retryPolicy.maxAttempts, retryPolicy.initialBackoffMs, retryPolicy.maxBackoffMs];
  return hash(
    "sha256",
    JSON.stringify([queue, priority, delayMs, policy, sorted(toJson(JobParamsSchema, params))]),
    "hex",
  );
}
