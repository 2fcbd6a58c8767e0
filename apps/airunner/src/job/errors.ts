// SPDX-License-Identifier: Apache-2.0

/** Stable codes of what the domain refuses; each has its protocol code and its row in the README. */
export type JobErrorCode =
  | "invalid_request"
  | "invalid_task_token"
  | "queue_mismatch"
  | "job_not_found"
  | "job_exists"
  | "wrong_state"
  | "lease_lost"
  | "sequence_gap"
  | "event_too_large"
  | "throttled"
  | "store_unavailable";

export interface JobErrorOptions extends ErrorOptions {
  /** The field, flag or file that is wrong, as a person would name it. */
  readonly field?: string;
}

/** Every failure that the domain and the stores report on purpose. The message is safe to show to any caller. */
export class JobError extends Error {
  override readonly name: string = "JobError";
  readonly code: JobErrorCode;
  readonly field: string | undefined;

  constructor(code: JobErrorCode, message: string, options: JobErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.field = options.field;
  }
}
