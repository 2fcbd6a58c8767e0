// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { ClientError, type ClientErrorCode } from "./client-error.ts";
import { connectionClosed, explainConnectionFailure, type ServerContext } from "./explain-connection.ts";

interface Rule {
  readonly code: ClientErrorCode;
  readonly isTransient?: true;
  /** What to do, after the server's own words. */
  readonly advice?: string;
}

/** What each code of the protocol means to somebody who made a call. */
const rules: Readonly<Record<Code, Rule>> = {
  [Code.Canceled]: { code: "cancelled" },
  [Code.Unknown]: { code: "server_failed" },
  [Code.InvalidArgument]: { code: "invalid_request" },
  [Code.DeadlineExceeded]: { code: "timeout", isTransient: true },
  [Code.NotFound]: { code: "not_found" },
  [Code.AlreadyExists]: { code: "conflict" },
  [Code.PermissionDenied]: {
    code: "forbidden",
    advice: "use a token whose scopes allow it (airunner-cli token --scopes …)",
  },
  [Code.ResourceExhausted]: { code: "overloaded", isTransient: true, advice: "try again a little later" },
  [Code.FailedPrecondition]: { code: "wrong_state" },
  [Code.Aborted]: { code: "unreachable", isTransient: true },
  [Code.OutOfRange]: { code: "invalid_request" },
  [Code.Unimplemented]: {
    code: "unsupported",
    advice: "its version does not know this call, or the address is not that of an airunner server",
  },
  [Code.Internal]: { code: "server_failed" },
  [Code.Unavailable]: { code: "unreachable", isTransient: true, advice: "try again a little later" },
  [Code.DataLoss]: { code: "server_failed" },
  [Code.Unauthenticated]: { code: "unauthenticated" },
};

/**
 * Turns whatever a call threw into a {@link ClientError}: a failed connection by its cause, an answer of the server
 * by its code and its own sentence.
 */
export function toClientError(error: unknown, context: ServerContext): ClientError {
  if (error instanceof ClientError) return error;
  const failed = ConnectError.from(error);
  // An interceptor's ClientError (a token file that is gone) arrives wrapped.
  if (failed.cause instanceof ClientError) return failed.cause;
  // Our own cancelling has its reason as the cause; a stream is reset so when its connection breaks.
  if (failed.code === Code.Canceled && failed.cause === undefined) return connectionClosed(context, error);
  const connection = explainConnectionFailure(failed, context);
  if (connection !== undefined) return connection;
  const rule = rules[failed.code];
  const options = { cause: error, isTransient: rule.isTransient ?? false };
  return new ClientError(rule.code, sentence(failed, rule, context.server), options);
}

function sentence(failed: ConnectError, rule: Rule, server: string): string {
  if (rule.code === "unauthenticated") return unauthenticated(failed.rawMessage, server);
  if (rule.code === "cancelled") return `the call to ${server} was cancelled`;
  if (rule.code === "timeout") return `${server} did not answer in time; try again, or look at its load`;
  const said = oneLine(failed.rawMessage);
  const advice = rule.advice === undefined ? "" : `; ${rule.advice}`;
  return `${server} says: ${said === "" ? `${Code[failed.code]} without a reason` : said}${advice}`;
}

/** The server's words tell a missing token from a bad or an old one; old servers say "invalid token" to all. */
function unauthenticated(said: string, server: string): string {
  if (/missing bearer/i.test(said)) {
    return `${server} wants a token; give one by --token-file, --token or AIRUNNER_TOKEN (make it with 'airunner-cli token')`;
  }
  if (/expired/i.test(said)) {
    return `the token has expired, ${server} says; make another with 'airunner-cli token'`;
  }
  return `${server} does not accept the token (${oneLine(said)}); give it by --token, or make another with 'airunner-cli token' and the key whose public half the server has`;
}

/** Text of a server is shown as one harmless line. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, 1000);
}
