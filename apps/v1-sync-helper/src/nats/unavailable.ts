// SPDX-License-Identifier: MIT
import { UnavailableError } from "../unavailable-error.ts";

/** Nothing is known, because NATS did not answer. */
export function natsUnavailable(message: string, cause?: unknown): UnavailableError {
  return new UnavailableError({ code: "nats_unavailable", message }, { cause });
}

/** Nobody listens on the subject: certainly not carried out. */
export class NoRespondersError extends UnavailableError {
  readonly subject: string;

  constructor(subject: string) {
    super({ code: "nats_unavailable", message: `Nobody at NATS listens on ${subject}.` });
    this.subject = subject;
  }
}
