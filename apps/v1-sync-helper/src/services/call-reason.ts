// SPDX-License-Identifier: MIT
import type { HttpError } from "@repo/http-retry";
import type { Reason, ReasonCode } from "../reason.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { describeAnswer, isTokenRefusal } from "./error-body.ts";
import type { Method } from "./service-events.ts";

/** A call as people know it. */
export interface CallName {
  readonly method: Method;
  /** Without the base address; holds ids only. */
  readonly path: string;
  /** Under which the service's own log has it. */
  readonly requestId: string;
  /** e.g. `project service at http://lfx-v2-project-service:8080` */
  readonly where: string;
}

export function labelOf({ method, path }: CallName): string {
  return `${method} ${path}`;
}

/** A reason that names the call. `what` goes on where method and path end. */
export function callReason(code: ReasonCode, name: CallName, what: string, status?: number): Reason {
  const call = labelOf(name);
  const message = `${call} ${what} (${name.where}, request ${name.requestId}).`;
  return { code, message, call, ...(status === undefined ? {} : { status }) };
}

export const advice = {
  token:
    "; it refuses the tokens: check HEIMDALL_PRIVATE_KEY, HEIMDALL_KEY_ID, the service's key set and this machine's clock",
  address: "; that is not the service's own answer: check its address",
  access: "; what is in front of the service does not let this program in",
} as const;

/** Why a call without an answer failed, to go on where method and path end; the client is given them as its label. */
export function whyNoAnswer(name: CallName, { message }: HttpError): string {
  const label = `${labelOf(name)} `;
  const what = message.startsWith(label) ? message.slice(label.length) : `failed: ${message}`;
  return what.replace(/\.$/, "");
}

/** The credentials could not be had: whoever makes them says best why. */
export function missingCredentials(error: HttpError): UnavailableError | undefined {
  return !error.wasSent && error.cause instanceof UnavailableError ? error.cause : undefined;
}

/** Without an answer; `service_busy`: it did not get as far as the service, which takes no more at present. */
export function codeWithoutAnswer({ code, wasSent }: HttpError): ReasonCode {
  if (code === "overloaded" && !wasSent) return "service_busy";
  return wasSent ? "outcome_unknown" : "service_unavailable";
}

/** A GET that was answered neither 200 nor 404. */
export function toUnavailable(name: CallName, error: HttpError): UnavailableError {
  const { response, retryAfterMs } = error;
  const options = { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (response === undefined) {
    const code = codeWithoutAnswer(error) === "service_busy" ? "service_busy" : "service_unavailable";
    const reason = callReason(code, name, whyNoAnswer(name, error));
    return missingCredentials(error) ?? new UnavailableError(reason, options);
  }
  const { status } = response;
  const code = isRefusal(status) ? "refused_by_service" : "service_unavailable";
  const what = `${describeAnswer(response)}${adviceOn(error)}`;
  return new UnavailableError(callReason(code, name, what, status), options);
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 404, 408, 425, 429].includes(status);
}

function adviceOn({ response }: HttpError): string {
  if (response === undefined) return "";
  if (isTokenRefusal(response)) return advice.token;
  if (response.status < 400 || response.status === 404) return advice.address;
  return response.status === 403 ? advice.access : "";
}
