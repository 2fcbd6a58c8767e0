// SPDX-License-Identifier: Apache-2.0

const MAX_EXCERPT_CHARS = 200;

/** Whole blocks first, then named values, then whatever merely looks like a secret. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)/g, "[hidden]"],
  [
    /(["']?(?:[a-z_]*token|[a-z_]*secret|[a-z_]*assertion|password|authorization)["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&}]+)/gi,
    "$1[hidden]",
  ],
  [/\b(Bearer|Basic|DPoP)\s+[^\s,;"']+/gi, "$1 [hidden]"],
  [/eyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)*/g, "[hidden]"],
  [/[A-Za-z0-9+/_=-]{32,}/g, "[hidden]"],
];

/**
 * What may be shown of an answer's text: one line of at most 200 characters, without anything that looks like a token,
 * key or password. It goes into logs and into conditions that many people read.
 */
export function redactedExcerpt(text: string): string {
  let line = text.replaceAll(/[\u0000-\u0020\u007f-\u00a0\u2028\u2029]+/g, " ").trim();
  // Before the cut, or half a secret could be left at its end.
  for (const [pattern, replacement] of SECRETS) line = line.replaceAll(pattern, replacement);
  return line.length <= MAX_EXCERPT_CHARS ? line : `${line.slice(0, MAX_EXCERPT_CHARS - 1)}…`;
}
