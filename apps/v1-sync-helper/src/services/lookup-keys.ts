// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

/** Under which the committee service's bucket `committees` has the uid; names are exact, and their case counts. */
export function committeeLookupKey(projectUid: string, name: string): string {
  return `lookup/committees/${sha256(`${projectUid}|${name}`)}`;
}

/** Under which its bucket `committee-members` has the uid. */
export function memberLookupKey(committeeUid: string, email: string): string {
  return `lookup/committee-members/${sha256(normalEmail(`${committeeUid.trim()}|${email.trim()}`))}`;
}

/** As the committee service compares addresses. */
export function normalEmail(email: string): string {
  return lowerAsGo(email.trim());
}

/**
 * Go's `strings.ToLower` goes letter by letter; JavaScript looks at a sigma's neighbours and makes two letters of a
 * capital I with a dot.
 */
function lowerAsGo(text: string): string {
  return Array.from(text, (letter) => String.fromCodePoint(letter.toLowerCase().codePointAt(0) ?? 0)).join(
    "",
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
