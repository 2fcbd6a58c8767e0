// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from "undici";
import { type Clock, systemClock } from "./clock.ts";
import type { ConcurrencyLimit } from "./concurrency-limit.ts";
import { type ConnectionOptions, createConnections } from "./connections.ts";
import type { Redact } from "./excerpt.ts";
import { exchange, type SendAttempt } from "./exchange.ts";
import type { FailureKind } from "./failure-kind.ts";
import type { AcceptStatus, RequestHeaders, Sign } from "./http-request.ts";
import type { HttpResponse } from "./http-response.ts";
import { limitedSend } from "./limited-send.ts";
import type { RetryEvent } from "./retry.ts";
import { createRetryBudget, type RetryBudget } from "./retry-budget.ts";
import { type RetryPolicy, type RetryPolicyOptions, resolveRetryPolicy } from "./retry-policy.ts";
import { createRefreshGate, type Refresh, type RefreshGate } from "./token-refresh.ts";

/** A {@link RetryEvent} of a request. */
export interface HttpRetryEvent extends RetryEvent {
  /** The request's label, or its method and URL without the query. */
  readonly request: string;
  /** Absent when the attempt had no answer. */
  readonly status?: number;
}

/** What a failed attempt gave: an answer that was not accepted, or an error. */
export interface FailedAttempt {
  readonly response?: HttpResponse;
  readonly error?: unknown;
}

export interface HttpClientOptions extends ConnectionOptions {
  /** Scheme, host and port; `http:` or `https:`, no path, no credentials. */
  readonly origin: string | URL;
  readonly policy?: RetryPolicyOptions;
  /** Default: one of its own, see {@link createRetryBudget}. */
  readonly budget?: RetryBudget;
  /** Default: none but `maxConnections`. See {@link createConcurrencyLimit}. */
  readonly concurrency?: ConcurrencyLimit;
  /** Sent with every request; a request's own take their place. */
  readonly headers?: RequestHeaders;
  readonly sign?: Sign;
  /** Called once per request that is answered 401; the request is then sent again, whatever its method. */
  readonly refresh?: Refresh;
  /** Default 200 to 299. */
  readonly accept?: AcceptStatus;
  /** One attempt: connection, request and whole answer; milliseconds, default 30 000. */
  readonly timeoutMs?: number;
  /** Default 10 MiB. */
  readonly maxResponseBytes?: number;
  /** A second opinion on a failure; `undefined` leaves it at `classifyStatus` or `classifyFailure`. */
  readonly classify?: (failed: FailedAttempt) => FailureKind | undefined;
  /** Hides the caller's secrets in messages and excerpts; what looks like a credential is hidden anyway. */
  readonly redact?: Redact;
  /** Told of every failed attempt that is followed by another; must not throw. */
  readonly onRetry?: (event: HttpRetryEvent) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** {@link HttpClientOptions} checked, with every default filled in, and what was built from them. */
export interface ResolvedClient {
  readonly origin: string;
  readonly dispatcher: Dispatcher;
  readonly isProxied: boolean;
  /** Aborts when the client is disposed. */
  readonly lifetime: AbortSignal;
  readonly send: SendAttempt;
  readonly policy: RetryPolicy;
  readonly budget: RetryBudget;
  readonly headers: RequestHeaders | undefined;
  readonly sign: Sign | undefined;
  readonly refresh: RefreshGate | undefined;
  readonly accept: (status: number) => boolean;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly classify: ((failed: FailedAttempt) => FailureKind | undefined) | undefined;
  readonly redact: Redact;
  readonly onRetry: ((event: HttpRetryEvent) => void) | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws {TypeError} naming the option that cannot be used */
export function resolveClient(options: HttpClientOptions, lifetime: AbortSignal): ResolvedClient {
  const origin = parseOrigin(options.origin);
  const { timeoutMs = 30_000, maxResponseBytes = 10 * 1024 * 1024 } = options;
  checkLimit("timeoutMs", timeoutMs);
  checkLimit("maxResponseBytes", maxResponseBytes);
  const policy = resolveRetryPolicy(options.policy);
  return {
    ...createConnections(origin, options, lifetime),
    origin: origin.origin,
    lifetime,
    send: sendOf(options, lifetime),
    policy,
    budget: options.budget ?? createRetryBudget(),
    headers: options.headers,
    sign: options.sign,
    refresh: options.refresh === undefined ? undefined : createRefreshGate(options.refresh, lifetime),
    accept: toPredicate(options.accept) ?? isSuccess,
    timeoutMs,
    maxResponseBytes,
    classify: options.classify,
    redact: options.redact ?? ((text) => text),
    onRetry: options.onRetry,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

/** What goes around one attempt. A circuit breaker's place is within the limit: it judges attempts, not waits. */
function sendOf({ concurrency }: HttpClientOptions, lifetime: AbortSignal): SendAttempt {
  return concurrency === undefined ? exchange : limitedSend(exchange, concurrency, lifetime);
}

export function toPredicate(accept: AcceptStatus | undefined): ((status: number) => boolean) | undefined {
  if (accept === undefined || typeof accept === "function") return accept;
  return (status) => accept.includes(status);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Also for the limits of a single request. */
export function checkLimit(name: string, value: number): void {
  if (!(value > 0)) throw new TypeError(`${name} must be a number above 0, not ${value}.`);
}

function parseOrigin(value: string | URL): URL {
  const text = String(value);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError("The origin of an HTTP client must be a URL that begins with http:// or https://.");
  }
  // Not repeated in the message: what stands there may be a password.
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("The origin of an HTTP client must not hold credentials; sign the requests instead.");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new TypeError(
      "The origin of an HTTP client must end after host and port; paths belong to the requests.",
    );
  }
  return url;
}
