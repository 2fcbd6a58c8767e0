// SPDX-License-Identifier: Apache-2.0

/** Characters of a body that an error quotes. */
const maxExcerpt = 200;
/** Bytes of a body that are looked at for it: more than is quoted, so that no secret is cut in two before it is hidden. */
const maxBytes = 16_384;

export type Redact = (text: string) => string;

/**
 * The beginning of a text body on one line, redacted; `undefined` when it is empty or binary.
 */
export function excerptOf(body: Uint8Array, redact: Redact): string | undefined {
  const text = decode(body.subarray(0, maxBytes));
  if (text === undefined) return undefined;
  const line = redact(hideCredentials(text))
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
  if (line === "") return undefined;
  return line.length > maxExcerpt ? `${line.slice(0, maxExcerpt - 1)}…` : line;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    // `stream` forgives a character that the limit cuts in two.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Hides what looks like a credential, known to the caller or not: services like to quote the request. */
export function hideCredentials(text: string): string {
  return text
    .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, "$1 [hidden]")
    .replaceAll(/\beyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)?/g, "[hidden]")
    .replaceAll(
      /((?:password|passwd|secret|token|api[_-]?key|signature|assertion)\w*["']?\s*[=:]\s*["']?)[^\s"'&,;<>}]{4,}/gi,
      "$1[hidden]",
    );
}
