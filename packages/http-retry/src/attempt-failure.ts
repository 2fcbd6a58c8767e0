// SPDX-License-Identifier: Apache-2.0
import { excerptOf, hideCredentials, type Redact } from "./excerpt.ts";
import type { FailureKind } from "./failure-kind.ts";
import { describeNetworkError, redirectTarget } from "./failure-text.ts";
import type { HttpErrorCode } from "./http-error.ts";
import type { HttpResponse } from "./http-response.ts";

/** An attempt that did not give what was asked for. */
export interface AttemptFailure {
  readonly kind: FailureKind;
  readonly code: HttpErrorCode;
  readonly response?: HttpResponse;
  readonly error?: unknown;
  readonly retryAfterMs?: number | undefined;
  /** Where it failed, when that was not on the way to the origin. */
  readonly stage?: "sign" | "refresh" | "turn";
  /** How long a `timeout` waited. */
  readonly limitMs?: number;
}

/** What a message needs to know besides the failure. */
export interface FailureContext {
  readonly label: string;
  /** Why the request ends: the failure's own code, or what kept it from being repeated. */
  readonly code: HttpErrorCode;
  readonly attempts: number;
  readonly maxResponseBytes: number;
  readonly redact: Redact;
}

/** One sentence on a request that failed, and the excerpt of the last answer; both redacted. */
export function describeFailure(
  failure: AttemptFailure,
  context: FailureContext,
): { readonly message: string; readonly excerpt: string | undefined } {
  const excerpt =
    failure.response === undefined ? undefined : excerptOf(failure.response.body, context.redact);
  const text = context.redact(hideCredentials(`${context.label} ${verdict(failure, context)}`));
  return { message: excerpt === undefined ? `${text}.` : `${text}: ${excerpt}`, excerpt };
}

function verdict(failure: AttemptFailure, context: FailureContext): string {
  const tries = context.attempts === 1 ? "" : ` after ${context.attempts} attempts`;
  const budget = context.code === "budget_exhausted" ? ", and the client's retry budget is used up" : "";
  if (context.code === "aborted") return `was aborted in attempt ${context.attempts}`;
  if (failure.stage === "sign") return `could not be signed: ${reasonOf(failure)}`;
  if (failure.stage === "refresh")
    return `was answered 401, and new credentials failed: ${reasonOf(failure)}`;
  if (failure.stage === "turn") return `had no turn${tries}: ${reasonOf(failure)}`;
  if (failure.code === "response_too_large") {
    return `was answered with more than ${context.maxResponseBytes} bytes; raise maxResponseBytes if that is right`;
  }
  return failure.response === undefined
    ? `failed${tries}${budget}: ${reasonOf(failure)}`
    : `was answered ${failure.response.status}${adviceOn(failure.response)}${tries}${budget}`;
}

function reasonOf(failure: AttemptFailure): string {
  if (failure.code !== "timeout") return describeNetworkError(failure.error);
  return `no whole answer within ${Math.round(failure.limitMs ?? 0)} ms`;
}

function adviceOn({ status, headers }: HttpResponse): string {
  if (status < 300 || status >= 400) return "";
  const target = redirectTarget(headers.location);
  return target === undefined
    ? ", a redirect, which is not followed"
    : `, a redirect to ${target}, which is not followed`;
}
