// SPDX-License-Identifier: Apache-2.0
import type { ResultReason } from "../gen/job/v1/job_pb.ts";

/** A job that cannot be run for a reason of its own. The message is one sentence for the person who submitted it. */
export class JobFailure extends Error {
  override readonly name: string = "JobFailure";
  readonly reason: ResultReason;

  constructor(reason: ResultReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
