// SPDX-License-Identifier: MIT

/** Characters of a service's message that are passed on. */
const maxCharacters = 400;
/** Characters that are looked at: hiding must come before cutting, or half an address would be left. */
const maxLookedAt = 8000;

const address = /[^\s"'`<>()[\]{},;:|=]+@[^\s"'`<>()[\]{},;:|=]+/gu;
const token = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g;
const credentials = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi;
/** The services quote the value that they refuse: `body.first_name must be … but got value "…"`. */
const personalValue =
  /(\b(?:email|username|first_name|last_name|avatar|job_title|linkedin_profile)\b[^;]{0,600}?got value )"(?:[^"\\]|\\.)*"?/g;
const blanks = /[\s\p{Cc}]+/gu;

/** A text of a service on one line, bounded, without e-mail addresses, tokens and quoted personal values. */
export function publicText(text: string): string {
  const line = text
    .slice(0, maxLookedAt)
    .replaceAll(credentials, "$1 [hidden]")
    .replaceAll(token, "[hidden]")
    .replaceAll(personalValue, "$1[hidden]")
    .replaceAll(address, "[e-mail address]")
    .replaceAll(blanks, " ")
    .trim();
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters - 1)}…` : line;
}
