// SPDX-License-Identifier: Apache-2.0

/**
 * What a failure says about trying again: `throttled` (the service is there and wants fewer requests), `transient`
 * (a repeat may well succeed), `permanent` (a repeat would fail the same way).
 */
export type FailureKind = "throttled" | "transient" | "permanent";

/** How many errors of a chain of causes are looked at; a longer one is a cycle or not ours to understand. */
const maxDepth = 8;

/** Lost connections, refused ones, and names or routes that may come back. */
const transientCodes: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  // A resolver answers "no such name" also while a Service of the cluster is being made.
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_PRX_CONN",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  "UND_ERR_SOCKET",
]);

/**
 * The kind of an HTTP status. 429 is throttled; 408, 425 and 5xx are transient, but 501 and 505, which say that the
 * server will never do this; everything else is permanent.
 */
export function classifyStatus(status: number): FailureKind {
  if (status === 429) return "throttled";
  if (status === 408 || status === 425) return "transient";
  return status >= 500 && status !== 501 && status !== 505 ? "transient" : "permanent";
}

/**
 * The kind of anything thrown: an `HttpError` or another error that states its `kind`; else the first `status` or
 * known `code` along the chain of causes (at most 8 errors deep; of an `AggregateError` the first of its errors);
 * else `permanent`, because a mistake of ours repeats.
 */
export function classifyFailure(failure: unknown): FailureKind {
  let current = failure;
  for (let depth = 0; depth < maxDepth && isObject(current); depth++) {
    const kind = kindOf(current);
    if (kind !== undefined) return kind;
    current = nextOf(current);
  }
  return "permanent";
}

function kindOf(error: object): FailureKind | undefined {
  if ("kind" in error && isFailureKind(error.kind)) return error.kind;
  const status = "status" in error ? error.status : "statusCode" in error ? error.statusCode : undefined;
  if (typeof status === "number" && status >= 300 && status < 600) return classifyStatus(status);
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" && transientCodes.has(code) ? "transient" : undefined;
}

function nextOf(error: object): unknown {
  if ("cause" in error && error.cause !== undefined) return error.cause;
  return error instanceof AggregateError ? error.errors[0] : undefined;
}

function isFailureKind(value: unknown): value is FailureKind {
  return value === "throttled" || value === "transient" || value === "permanent";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
