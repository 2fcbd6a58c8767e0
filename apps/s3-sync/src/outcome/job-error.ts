// SPDX-License-Identifier: Apache-2.0
import type { FailureClass } from "./exit-codes.ts";

/** A job that cannot go on. The message is the summary's `reason`: one sentence that says what to do. */
export class JobError extends Error {
  override readonly name = "JobError";
  readonly failureClass: FailureClass;
  /** True where a rule of ours stopped a job that could have run. */
  readonly isRefusal: boolean;

  constructor(
    failureClass: FailureClass,
    message: string,
    options: ErrorOptions & { readonly isRefusal?: boolean } = {},
  ) {
    super(message, options);
    this.failureClass = failureClass;
    this.isRefusal = options.isRefusal ?? false;
  }
}
