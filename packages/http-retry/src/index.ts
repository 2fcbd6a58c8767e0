// SPDX-License-Identifier: Apache-2.0
export type { Clock } from "./clock.ts";
export { systemClock } from "./clock.ts";
export type { ConcurrencyLimit, LoadSign, Turn, TurnOptions } from "./concurrency-limit.ts";
export { createConcurrencyLimit, NoTurnError } from "./concurrency-limit.ts";
export type { ConcurrencyLimitOptions } from "./concurrency-limit-options.ts";
export type { ConnectionOptions } from "./connections.ts";
export type { Redact } from "./excerpt.ts";
export type { FailureKind } from "./failure-kind.ts";
export { classifyFailure, classifyStatus } from "./failure-kind.ts";
export type { HttpClient } from "./http-client.ts";
export { createHttpClient } from "./http-client.ts";
export type { FailedAttempt, HttpClientOptions, HttpRetryEvent } from "./http-client-options.ts";
export type { HttpErrorCode } from "./http-error.ts";
export { HttpError } from "./http-error.ts";
export type {
  AcceptStatus,
  AttemptRequest,
  HttpRequest,
  RequestBody,
  RequestHeaders,
  Sign,
} from "./http-request.ts";
export type { HttpResponse, ResponseHeaders } from "./http-response.ts";
export type { Environment } from "./proxy.ts";
export type { RetryEvent, RetryOptions } from "./retry.ts";
export { retry } from "./retry.ts";
export { parseRetryAfter } from "./retry-after.ts";
export type { RetryBudget, RetryBudgetOptions } from "./retry-budget.ts";
export { createRetryBudget } from "./retry-budget.ts";
export type { RetryPolicy, RetryPolicyOptions } from "./retry-policy.ts";
export { defaultRetryPolicy, resolveRetryPolicy, retryWaitMs } from "./retry-policy.ts";
export type { Refresh } from "./token-refresh.ts";
export { waitMs } from "./wait.ts";
