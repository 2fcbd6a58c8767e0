// SPDX-License-Identifier: Apache-2.0
import { HttpError } from "@repo/http-retry";

const MAX_DEPTH = 8;

/** The first code of Node, OpenSSL or undici along the chain of causes; "" without one. */
export function errorCodeOf(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < MAX_DEPTH && current instanceof Error; depth += 1) {
    if (!(current instanceof HttpError) && "code" in current && typeof current.code === "string")
      return current.code;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return "";
}
