// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../gen/job/v1/job_pb.ts";
import { JobError, type JobErrorCode } from "../job/errors.ts";
import { AuthError, type AuthErrorCode } from "./auth/auth-error.ts";

interface ErrorRow {
  readonly code: Code;
  /** For the README. */
  readonly meaning: string;
  readonly advice: string;
}

/** What clients see of each refusal. The stable code stands in the `job.v1.ErrorInfo` detail of the error. */
export const errorTable: Readonly<Record<JobErrorCode, ErrorRow>> = {
  invalid_request: {
    code: Code.InvalidArgument,
    meaning: "Something in the request is missing or out of its range.",
    advice: "Correct the field that the message names.",
  },
  invalid_task_token: {
    code: Code.InvalidArgument,
    meaning: "The task token is not one that this server, or one with its secrets, has issued.",
    advice: "Drop the job: another worker gets it.",
  },
  queue_mismatch: {
    code: Code.InvalidArgument,
    meaning: "The queue is not the one of the task token.",
    advice: "Send the queue from which the job came.",
  },
  job_not_found: {
    code: Code.NotFound,
    meaning: "There is no such job, or it ended so long ago that it was forgotten.",
    advice: "Check the id.",
  },
  job_exists: {
    code: Code.AlreadyExists,
    meaning: "The request id was used for a job with other content.",
    advice: "Use another request id, or send what was sent first.",
  },
  wrong_state: {
    code: Code.FailedPrecondition,
    meaning: "The job's state does not allow it, as cancelling a job that has ended.",
    advice: "Look at the job first.",
  },
  lease_lost: {
    code: Code.FailedPrecondition,
    meaning: "The attempt is over, or the job has a later one.",
    advice: "Stop the job's process: another worker has the job.",
  },
  sequence_gap: {
    code: Code.FailedPrecondition,
    meaning: "The events leave a gap after the last one of the log.",
    advice: "Send from the sequence after the last one that was acknowledged.",
  },
  event_too_large: {
    code: Code.ResourceExhausted,
    meaning: "An event has more than 358,400 bytes.",
    advice: "Split its output.",
  },
  throttled: {
    code: Code.ResourceExhausted,
    meaning: "The store is asked for more than it can do.",
    advice: "Try again, more slowly.",
  },
  store_unavailable: {
    code: Code.Unavailable,
    meaning: "The store cannot be reached, or did not answer in time.",
    advice: "Try again.",
  },
};

const authCodes: Readonly<Record<AuthErrorCode, Code>> = {
  unauthenticated: Code.Unauthenticated,
  permission_denied: Code.PermissionDenied,
  unavailable: Code.Unavailable,
};

/**
 * What a client is told of an error; the error itself becomes the cause, for the log. Whatever is not meant for
 * clients becomes `internal`, without a word of its own.
 */
export function toConnectError(error: unknown): ConnectError {
  if (error instanceof JobError) {
    const { code, field = "" } = error;
    const detail = { desc: ErrorInfoSchema, value: { code, field } };
    return new ConnectError(error.message, errorTable[code].code, undefined, [detail], error);
  }
  if (error instanceof AuthError) {
    return new ConnectError(error.message, authCodes[error.code], undefined, undefined, error);
  }
  return new ConnectError("the server failed; its log says why", Code.Internal, undefined, undefined, error);
}

/** The README's table of stable codes. */
export function errorsTable(): string {
  const rows = Object.entries(errorTable).map(
    ([code, row]) => `| \`${code}\` | \`${protocolName(row.code)}\` | ${row.meaning} | ${row.advice} |`,
  );
  return `${["| Code | Protocol code | Meaning | What to do |", "| --- | --- | --- | --- |", ...rows].join("\n")}\n`;
}

/** `FailedPrecondition` → `failed_precondition`. */
export function protocolName(code: Code): string {
  return (Code[code] ?? "unknown").replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}
