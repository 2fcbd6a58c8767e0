// SPDX-License-Identifier: Apache-2.0

/** An answer that breaks the rules of HTTP. */
class MalformedResponse extends Error {
  override readonly name: string = "MalformedResponse";
  readonly code = "MALFORMED_RESPONSE";
}

/** undici's parser error carries the bytes it stumbled over, which no log may hold, and in 8.12 no code. */
export function withoutResponseBytes(error: Error): Error {
  return error.name === "HTTPParserError" ? new MalformedResponse(error.message) : error;
}
