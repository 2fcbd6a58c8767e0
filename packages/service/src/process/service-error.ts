// SPDX-License-Identifier: Apache-2.0

/**
 * - `drain_deadline`: it did not stop in time and was ended
 * - `forced`: a second signal ended it at once
 * - `left_open`: it finished, but something kept the process alive
 * - `stalled`: nothing was left to wait for although it had not finished
 */
export type ServiceErrorCode = "drain_deadline" | "forced" | "left_open" | "stalled";

/** What {@link runService} itself has to say; everything else it passes on is the program's own error. */
export class ServiceError extends Error {
  override readonly name: string = "ServiceError";
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
