// SPDX-License-Identifier: Apache-2.0
import type { FailureClass } from "../outcome/exit-codes.ts";
import type { Role } from "../side.ts";

/** What is wrong with one side: the parts of a {@link PreflightError}. */
export interface Finding {
  readonly failureClass: FailureClass;
  /** The sentence after "Source bucket … at …": what is wrong, and after a colon what to do. No secret, no full stop. */
  readonly text: string;
  /** The S3 error code, or Node's for the network, where there was one. */
  readonly code?: string | undefined;
}

/**
 * A side that the job cannot work with. The message is one sentence that names the side, its bucket, its endpoint's
 * host, the error code and what to do; where both sides fail, the other's sentence follows.
 */
export class PreflightError extends Error {
  override readonly name = "PreflightError";
  readonly failureClass: FailureClass;
  readonly side: Role;
  readonly s3Code?: string;

  constructor(message: string, side: Role, finding: Finding, options?: ErrorOptions) {
    super(message, options);
    this.side = side;
    this.failureClass = finding.failureClass;
    if (finding.code !== undefined) this.s3Code = finding.code;
  }
}

/** Thrown inside a probe; becomes a {@link PreflightError} when the side's name is put before it. */
export class ProbeFailure extends Error {
  override readonly name = "ProbeFailure";
  readonly finding: Finding;

  constructor(finding: Finding, options?: ErrorOptions) {
    super(finding.text, options);
    this.finding = finding;
  }
}
