// SPDX-License-Identifier: Apache-2.0
import { HttpError } from "@repo/http-retry";

/** The HttpError that `promise` fails with; anything else fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<HttpError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error("the request succeeded");
}

/** No time between attempts. */
export const atOnce = { baseMs: 0, throttledBaseMs: 0, maxRetryAfterMs: 0 };
