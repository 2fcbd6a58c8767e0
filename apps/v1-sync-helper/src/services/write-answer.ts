// SPDX-License-Identifier: MIT
import type { HttpError, HttpResponse } from "@repo/http-retry";
import type { ReasonCode } from "../reason.ts";
import type { WriteAnswer } from "./answer.ts";
import {
  advice,
  type CallName,
  callReason,
  codeWithoutAnswer,
  missingCredentials,
  whyNoAnswer,
} from "./call-reason.ts";
import { describeAnswer, errorBodyOf, isNotFound, isTokenRefusal, jsonObjectOf } from "./error-body.ts";
import { isUid } from "./service-paths.ts";

const staleText = /revision mismatch|revision conflict|modified by another process/i;
/** A 400 about what `If-Match` says, and not about how it is written, which would be our mistake and stay one. */
const staleHeader = /stale revision|(?:if-match|etag).*(?:stale|mismatch|not match)/i;
const lostRace = /wrong last sequence/i;

/** What became of a call that was answered 2xx. */
export function toDone(name: CallName, response: HttpResponse): WriteAnswer {
  if (name.method !== "POST") return { result: "done" };
  const uid = jsonObjectOf(response)?.uid;
  if (isUid(uid)) return { result: "done", uid };
  // The object is there, but which it is must be found out.
  const { status } = response;
  const reason = callReason("outcome_unknown", name, `was answered ${status} without a uid`, status);
  return { result: "unknown", reason };
}

/**
 * What became of a call that was not answered 2xx. Whatever is not known to be without effect is `unknown`.
 *
 * @see lfx-v2-project-service v0.5.3 to v0.8.8 and lfx-v2-committee-service v0.4.37, whose statuses these are
 */
export function toWriteAnswer(name: CallName, error: HttpError): WriteAnswer {
  const { response } = error;
  return response === undefined ? withoutAnswer(name, error) : answered(name, error, response);
}

function answered(name: CallName, error: HttpError, response: HttpResponse): WriteAnswer {
  const { status } = response;
  const because = (code: ReasonCode, more = "") =>
    callReason(code, name, `${describeAnswer(response)}${more}`, status);
  const unavailable = (more?: string): WriteAnswer => ({
    result: "unavailable",
    reason: because("service_unavailable", more),
    ...retryAfter(error),
  });
  if (isTokenRefusal(response)) return unavailable(advice.token);
  if (isStale(name, response)) return { result: "stale" };
  if (isNotFound(response)) return { result: "gone", reason: because("missing_in_v2") };
  if (status < 400 || status === 404) return unavailable(advice.address);
  if (status === 409) return { result: "taken", reason: because("taken") };
  if (status === 425 || status === 429) return unavailable();
  // 408 is a gateway's: how much of the call went on to the service nobody knows.
  if (status >= 500 || status === 408) {
    return { result: "unknown", reason: because("outcome_unknown"), ...retryAfter(error) };
  }
  return { result: "refused", reason: because("refused_by_service", status === 403 ? advice.access : "") };
}

/** Nothing is stale that is being created: there a lost race may have left something behind. */
function isStale({ method }: CallName, response: HttpResponse): boolean {
  if (method === "POST") return false;
  const message = errorBodyOf(response)?.message ?? "";
  switch (response.status) {
    case 412:
      return true;
    case 409:
      // A delete has nothing that could be taken.
      return method === "DELETE" || staleText.test(message) || lostRace.test(message);
    case 400:
      return staleText.test(message) || staleHeader.test(message);
    case 500:
      return lostRace.test(message);
    default:
      return false;
  }
}

function withoutAnswer(name: CallName, error: HttpError): WriteAnswer {
  const why = missingCredentials(error);
  if (why !== undefined) return { result: "unavailable", reason: why.reason, ...retryAfter(why) };
  const result = error.wasSent ? "unknown" : "unavailable";
  const reason = callReason(codeWithoutAnswer(error), name, whyNoAnswer(name, error));
  return { result, reason, ...retryAfter(error) };
}

function retryAfter({ retryAfterMs }: { readonly retryAfterMs?: number | undefined }) {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}
