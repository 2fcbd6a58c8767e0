// SPDX-License-Identifier: MIT

/** Whom a record's `lastmodifiedbyid` names, as far as the text alone tells. */
export type Editor =
  | { readonly kind: "machine"; readonly name: string }
  /** To be looked up in v1. */
  | { readonly kind: "person"; readonly id: string }
  /** Certainly no person, so that asking v1 would be in vain. */
  | { readonly kind: "nobody"; readonly why: string };

const machineSuffix = "@clients";
/** Longest id that is looked up; v1's own have 15 to 36 characters. */
const longestId = 128;

/**
 * Reads `lastmodifiedbyid`. Examples: `svc1@clients` (a machine), `0034100001XyZaaAAF` (a person),
 * `00541000001AbCdAAK` (Salesforce's own users, who have no account in v1).
 */
export function parseEditor(lastModifiedBy: string | undefined): Editor {
  const text = lastModifiedBy?.trim() ?? "";
  if (text === "") return nobody("the record does not say who changed it");
  if (text === "platform") return nobody("the record was changed by the platform itself");
  if (text.endsWith(machineSuffix)) {
    const name = text.slice(0, -machineSuffix.length);
    return isUsableIdentifier(name)
      ? { kind: "machine", name }
      : nobody("the record was changed by a machine whose name cannot stand in a header");
  }
  if (text.startsWith("00") && !text.startsWith("003") && !text.startsWith("00Q"))
    return nobody("the record was changed by a user of Salesforce itself");
  if (!isLookupId(text)) return nobody("lastmodifiedbyid is not an id of v1");
  return { kind: "person", id: text };
}

/**
 * Whether a name may be a principal in v2: 1 to 128 visible ASCII characters without `@`.
 *
 * v1 has usernames with spaces and with `@`; they were once copied into v2 as identifiers and had to be cleaned up
 * there. A name with `@` could moreover pass for a machine's (`x@clients`), and one with other characters would not
 * survive as a header's value.
 */
export function isUsableIdentifier(name: string): boolean {
  return /^[\u0021-\u003f\u0041-\u007e]{1,128}$/.test(name);
}

/** Whether v1 can be asked for this id: the rest cannot be written into a path so that every proxy leaves it alone. */
export function isLookupId(id: string): boolean {
  return id.length <= longestId && id.isWellFormed() && /^[^\p{Cc}]+$/u.test(id) && !/^\.{1,2}$/.test(id);
}

function nobody(why: string): Editor {
  return { kind: "nobody", why };
}
