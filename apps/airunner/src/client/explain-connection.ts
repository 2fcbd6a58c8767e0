// SPDX-License-Identifier: Apache-2.0
import { Code, type ConnectError } from "@connectrpc/connect";
import { ClientError } from "./client-error.ts";
import { isLoopback } from "./server-url.ts";

/** What messages about a connection need to know. */
export interface ServerContext {
  /** As `https://localhost:8080`. */
  readonly server: string;
  readonly url: URL;
  /** See `Trust.source`. */
  readonly trustedBy: string | undefined;
  /** Whether any call over this address was answered yet. */
  readonly hasAnswered: () => boolean;
}

const untrusted = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "CERT_SIGNATURE_FAILURE",
  "INVALID_CA",
  "INVALID_PURPOSE",
]);

const closed = "it closed the connection";

const networkReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host name",
  EAI_AGAIN: "the name service does not answer",
  ETIMEDOUT: "it does not answer",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  EADDRNOTAVAIL: "there is no way to that address",
  ECONNRESET: closed,
  EPIPE: closed,
  ERR_HTTP2_STREAM_CANCEL: closed,
  ERR_HTTP2_SESSION_ERROR: closed,
  ERR_HTTP2_INVALID_SESSION: closed,
  ERR_SOCKET_CLOSED: closed,
};

/** @returns `undefined` where the server did answer */
export function explainConnectionFailure(
  error: ConnectError,
  context: ServerContext,
): ClientError | undefined {
  const codes = causeCodes(error);
  const has = (match: (code: string) => boolean): string | undefined => codes.find(match);
  const tls = has((code) => untrusted.has(code));
  if (tls !== undefined) return untrustedError(tls, context, error);
  if (has((code) => code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") !== undefined) {
    return certificateError(
      context,
      "is not valid at this time; renew it ('airunner-server cert'), or set this machine's clock",
      error,
    );
  }
  if (has((code) => code === "ERR_TLS_CERT_ALTNAME_INVALID") !== undefined) {
    return certificateError(
      context,
      `is not for the name ${context.url.hostname}; use a name that it lists, or make one with this name ('airunner-server cert')`,
      error,
    );
  }
  if (has((code) => code.startsWith("ERR_SSL_") || code === "EPROTO") !== undefined)
    return noTls(context, error);
  if (has((code) => code === "ERR_HTTP2_ERROR") !== undefined) return noHttp2(context, error);
  const network = has((code) => networkReasons[code] !== undefined);
  if (network !== undefined) return unreachable(context, networkReasons[network] ?? network, error);
  if (error.code === Code.Unavailable && codes.length > 0) return unreachable(context, codes[0] ?? "", error);
  return undefined;
}

/** For a connection that did not come about in time. */
export function connectTimeout(context: ServerContext, deadlineMs: number): ClientError {
  return unreachable(context, `it does not answer within ${deadlineMs / 1000} s`, undefined);
}

/** For a stream that is reset without a word: its connection broke. */
export function connectionClosed(context: ServerContext, cause: unknown): ClientError {
  return unreachable(context, closed, cause);
}

function unreachable(context: ServerContext, why: string, cause: unknown): ClientError {
  const { server, url } = context;
  // What serves TLS hangs up on plain text without a word.
  const isMaybeTls = why === closed && url.protocol === "http:" && !context.hasAnswered();
  const hint = isMaybeTls ? `; if it serves TLS, use --server=https://${url.host}` : "";
  const message = `cannot reach ${server}: ${why}; is airunner-server running there, and is --server right?${hint}`;
  return new ClientError("unreachable", message, { cause, isTransient: true });
}

function untrustedError(code: string, context: ServerContext, cause: unknown): ClientError {
  const { server, trustedBy = "this machine's authorities", url } = context;
  const how = isLoopback(url)
    ? "give the ca.pem that 'airunner-server cert' made by --ca-cert or AIRUNNER_CA_CERT"
    : "copy the ca.pem of that server here and give it by --ca-cert or AIRUNNER_CA_CERT";
  return new ClientError(
    "untrusted_certificate",
    `the certificate of ${server} is not vouched for by ${trustedBy} (${code}); ${how}`,
    { cause },
  );
}

function certificateError({ server }: ServerContext, what: string, cause: unknown): ClientError {
  return new ClientError("untrusted_certificate", `the certificate of ${server} ${what}`, { cause });
}

function noTls({ server, url }: ServerContext, cause: unknown): ClientError {
  return new ClientError(
    "wrong_protocol",
    `${server} does not speak TLS as a server should; if it was started with --no-tls, use --server=http://${url.host}`,
    { cause },
  );
}

function noHttp2({ server, url }: ServerContext, cause: unknown): ClientError {
  const other =
    url.protocol === "http:"
      ? `if it serves TLS, use --server=https://${url.host}`
      : "is it an airunner server?";
  return new ClientError("wrong_protocol", `${server} does not answer in HTTP/2; ${other}`, { cause });
}

/** Codes of Node along the causes, outermost first; bounded, since a cause may be its own. */
function causeCodes(error: Error): readonly string[] {
  const codes: string[] = [];
  let at: unknown = error.cause;
  for (let depth = 0; depth < 8 && Error.isError(at); depth += 1) {
    if ("code" in at && typeof at.code === "string") codes.push(at.code);
    // Happy eyeballs: each address that was tried has its own error.
    at = at instanceof AggregateError && at.cause === undefined ? at.errors[0] : at.cause;
  }
  return codes;
}
