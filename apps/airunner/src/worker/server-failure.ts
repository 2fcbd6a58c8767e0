// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { ClientError } from "../client/client-error.ts";
import { errorInfoOf } from "../client/error-info.ts";

/**
 * What a failed call says to a worker.
 *
 * - `lost`: the attempt is not ours any more; nothing about it will be taken.
 * - `refused`: the server understood and will never take this.
 * - `unauthenticated`: our own token is not taken; another may be put in its place.
 * - `throttled`, `transient`: the same call may succeed later.
 */
export type ServerFailure = "lost" | "refused" | "unauthenticated" | "throttled" | "transient";

/** Codes of our servers, which say exactly what is meant; see the table in the README. */
const byStableCode: Readonly<Record<string, ServerFailure>> = {
  lease_lost: "lost",
  invalid_task_token: "lost",
  job_not_found: "lost",
  queue_mismatch: "lost",
  wrong_state: "lost",
  sequence_gap: "refused",
  event_too_large: "refused",
  invalid_request: "refused",
  throttled: "throttled",
  store_unavailable: "transient",
};

export function classifyServerFailure(error: unknown): ServerFailure {
  const known = byStableCode[errorInfoOf(error).code];
  if (known !== undefined) return known;
  const failed = ConnectError.from(error);
  if (failed.cause instanceof ClientError) return failed.cause.isTransient ? "transient" : "unauthenticated";
  switch (failed.code) {
    case Code.FailedPrecondition:
    case Code.NotFound:
      return "lost";
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return "unauthenticated";
    case Code.ResourceExhausted:
      return "throttled";
    case Code.AlreadyExists:
    case Code.OutOfRange:
    case Code.Unimplemented:
      return "refused";
    // Servers of the Go program say invalid_argument to everything that fails, a throttled store among it: the
    // lease's end decides there.
    default:
      return "transient";
  }
}

/** A deadline that passed, ours or the server's: for a wait, not a failure. */
export function isDeadline(error: unknown): boolean {
  return ConnectError.from(error).code === Code.DeadlineExceeded;
}

/** The server does not know the method: one of the Go program. */
export function isUnimplemented(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unimplemented;
}
