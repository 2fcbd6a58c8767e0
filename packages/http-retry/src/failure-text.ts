// SPDX-License-Identifier: Apache-2.0

/** What is said of a code, for those an operator meets; the code itself follows in brackets. */
const phrases: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server's certificate has expired; renew it",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is self-signed; give it as CA certificate",
  EAI_AGAIN: "the name could not be resolved just now",
  ECONNREFUSED: "the connection was refused; nothing listens there",
  ECONNRESET: "the connection was reset",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
  ENOTFOUND: "the name does not exist; check its spelling and the DNS",
  EPIPE: "the connection was closed while the request was sent",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "the server does not speak TLS on this port; use http:// or another port",
  ERR_SSL_WRONG_VERSION_NUMBER: "the server does not speak TLS on this port; use http:// or another port",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name; use a name that it holds",
  ETIMEDOUT: "the connection timed out",
  MALFORMED_RESPONSE: "the answer is not HTTP; check scheme and port",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the server's certificate is signed by a private authority; give it as CA certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the server's certificate is signed by an unknown authority; give it as CA certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the server's certificate is signed by an unknown authority; give it as CA certificate",
  UND_ERR_CONNECT_TIMEOUT: "no connection came about in time",
  UND_ERR_HEADERS_OVERFLOW: "the answer's headers are too large",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "the body is not as long as its content-length says",
  UND_ERR_SOCKET: "the connection was closed before the answer was whole",
};

/** One clause for an error of a connection: the phrase of the first known code along its causes, else its message. */
export function describeNetworkError(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    const code = "code" in current ? current.code : undefined;
    const phrase = typeof code === "string" ? phrases[code] : undefined;
    if (phrase !== undefined) return `${phrase} (${String(code)})`;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return error instanceof Error && error.message !== "" ? error.message : "for a reason that was not told";
}

/** The scheme and host a redirect points at: its path and query may carry tokens. */
export function redirectTarget(location: string | readonly string[] | undefined): string | undefined {
  const value = typeof location === "string" ? location : location?.[0];
  return value !== undefined && URL.canParse(value) ? new URL(value).origin : undefined;
}
