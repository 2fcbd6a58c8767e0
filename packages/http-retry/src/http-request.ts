// SPDX-License-Identifier: Apache-2.0
import type { RetryPolicyOptions } from "./retry-policy.ts";

export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A stream is made anew for every attempt; give `content-length` among the headers, else it goes out in chunks. */
export type RequestBody = string | Uint8Array | (() => AsyncIterable<Uint8Array>);

/** The request as one attempt is about to send it. */
export interface AttemptRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly origin: string;
  /** Names in lower case. */
  readonly headers: RequestHeaders;
  readonly body?: RequestBody;
  /** From 1. */
  readonly attempt: number;
}

/** Gives headers that are added to, or take the place of, those of the request. */
export type Sign = (request: AttemptRequest) => RequestHeaders | Promise<RequestHeaders>;

export interface HttpRequest {
  /** In upper case. */
  readonly method: string;
  /** Begins with `/`; the query is part of it. Parts that come from data must be encoded already. */
  readonly path: string;
  readonly headers?: RequestHeaders;
  readonly body?: RequestBody;
  /** Ends an attempt or a wait at once. */
  readonly signal?: AbortSignal;
  /**
   * Lets a POST or PATCH be sent again although the service may have acted on it. An `idempotency-key` among the
   * headers says the same. Without either it is sent again only when no byte of it went out.
   */
  readonly retryUnsafe?: boolean;
  /** Called before every attempt (SigV4 dates, fresh tokens); takes the place of the client's. */
  readonly sign?: Sign;
  /** Statuses to return rather than to throw; takes the place of the client's. Default 200 to 299. */
  readonly accept?: AcceptStatus;
  /** Takes the place of the client's; milliseconds. */
  readonly timeoutMs?: number;
  /** Takes the place of the client's. */
  readonly maxResponseBytes?: number;
  /** What is left out comes from the client's. */
  readonly policy?: RetryPolicyOptions;
  /** Names the request in messages, in place of method, host and path: for paths that are secrets, as of webhooks. */
  readonly label?: string;
}

export type AcceptStatus = readonly number[] | ((status: number) => boolean);

/** The methods whose repeat has the effect of one (RFC 9110, section 9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

/** Whether the request may be sent again although an earlier attempt may have reached the service. */
export function isRepeatable(request: HttpRequest): boolean {
  if (idempotentMethods.has(request.method) || request.retryUnsafe === true) return true;
  return Object.keys(request.headers ?? {}).some((name) => name.toLowerCase() === "idempotency-key");
}

/** Headers with lower-case names, later ones over earlier ones: two spellings of one name would both be sent. */
export function mergeHeaders(...parts: readonly (RequestHeaders | undefined)[]): RequestHeaders {
  const merged: Record<string, string | readonly string[]> = {};
  for (const part of parts) {
    for (const name in part) {
      const value = part[name];
      if (value !== undefined) merged[name.toLowerCase()] = value;
    }
  }
  return merged;
}
