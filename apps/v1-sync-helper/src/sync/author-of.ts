// SPDX-License-Identifier: MIT
import type { Author } from "../objects/author.ts";
import type { V1Record } from "../records/v1-record.ts";
import { UnavailableError } from "../unavailable-error.ts";
import type { Attempt } from "./attempt.ts";

/** From this attempt on v2 follows in nobody's name rather than not at all. */
const patientAttempts = 5;

/**
 * Who made the change. While v1 does not answer the object waits, for a few attempts.
 *
 * @throws {UnavailableError} `lookup_unavailable`
 */
export async function authorOf(attempt: Attempt, record: V1Record): Promise<Author> {
  const { authors } = attempt.ports;
  try {
    const author = await authors.authorOf(record.lastModifiedBy);
    if (author.kind === "fallback" && author.why !== undefined) note(attempt, `no author: ${author.why}`);
    return author;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    if (attempt.claim.state.attempts < patientAttempts) {
      const reason = { ...error.reason, code: "lookup_unavailable" } as const;
      const asked = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
      throw new UnavailableError(reason, { ...asked, cause: error });
    }
    note(attempt, "no author: v1 could not be asked who made the change");
    return authors.fallback;
  }
}

function note(attempt: Attempt, text: string): void {
  if (!attempt.notes.includes(text)) attempt.notes.push(text);
}
