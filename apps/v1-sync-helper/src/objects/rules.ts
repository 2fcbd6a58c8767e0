// SPDX-License-Identifier: MIT
import type { Json } from "../records/json.ts";
import { formatTimestamp, isDate, parseTimestamp } from "../records/timestamp.ts";
import type { FlagRule, LookupRule, Reading, TextRule } from "./table.ts";

const cleared: Reading = { is: "cleared" };

function value(json: Json, why?: string): Reading {
  return why === undefined ? { is: "value", value: json } : { is: "value", value: json, why };
}

function left(why: string): Reading {
  return { is: "left", why };
}

/** Text as it is. `atMost` counts code points, as the services do; what is longer is cut. */
export function text(options: { readonly atMost?: number; readonly empty?: "" } = {}): TextRule {
  const { atMost, empty } = options;
  return {
    takes: "text",
    words: atMost === undefined ? "as it is" : `as it is, cut after ${atMost} characters`,
    ...(empty === undefined ? {} : { empty: value(empty) }),
    read: (text) =>
      atMost === undefined || fits(text, atMost)
        ? value(text)
        : { is: "value", value: cut(text, atMost), why: `has more than ${atMost} characters: cut there` },
  };
}

/** Text that means nothing when it is cut. */
export function token(atMost: number): TextRule {
  return {
    takes: "text",
    words: `as it is; left alone when longer than ${atMost} characters`,
    read: (text) => (fits(text, atMost) ? value(text) : left(`has more than ${atMost} characters`)),
  };
}

export function fits(text: string, codePoints: number): boolean {
  return text.length <= codePoints || Array.from(text).length <= codePoints;
}

/** The first characters of a text, by Unicode code points. */
export function cut(text: string, codePoints: number): string {
  return Array.from(text).slice(0, codePoints).join("");
}

/** Text that v2 requires and that has bounds which cannot be met for the record by guessing. */
export function requiredText(
  words: string,
  fault: (text: string) => string | undefined,
  empty: string,
): TextRule {
  return {
    takes: "text",
    words,
    empty: { is: "refused", why: empty },
    read: (text) => {
      const why = text.trim() === "" ? empty : fault(text);
      return why === undefined ? value(text) : { is: "refused", why };
    },
  };
}

export const flag: FlagRule = {
  takes: "true or false",
  words: "true or false",
  empty: value(false),
};

/** The day of a date or a point in time: what stands before its first `T` or blank. */
export const date: TextRule = {
  takes: "text",
  words: "the day (`YYYY-MM-DD`), without its time",
  read: (text) => {
    const day = text.trim().split(/[T ]/, 1)[0] ?? "";
    if (day === "") return cleared;
    return isDate(day) ? value(day) : left("is no date");
  },
};

/** A point in time, RFC 3339 in UTC. */
export const pointInTime: TextRule = {
  takes: "text",
  words: "RFC 3339 in UTC; without a zone it is UTC",
  read: (text) => {
    const milliseconds = parseTimestamp(text);
    return milliseconds === undefined ? left("is no point in time") : value(formatTimestamp(milliseconds));
  },
};

/**
 * A web address: trimmed; nothing for the word `nil`; `https://` in front where no scheme is.
 *
 * @param schemes those that the service takes
 */
export function webAddress(schemes: "any" | "http" = "any"): TextRule {
  return {
    takes: "text",
    words:
      'a web address: trimmed, emptied by the word "nil", with `https://` in front of what has no scheme' +
      (schemes === "http" ? "; http and https only" : ""),
    read: (text) => {
      const address = text.trim();
      if (address === "" || address === "nil") return cleared;
      const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(address);
      const full = hasScheme ? address : `https://${address}`;
      // What has no scheme and an @ is an e-mail address, or one of git's.
      if (isDangerous.test(full)) return left("is no web address");
      if (!isAddress(full) || (!hasScheme && address.includes("@"))) return left("is no web address");
      if (schemes === "http" && !/^https?:\/\/[^/$.?#]/i.test(full)) return left("is no http address");
      return value(full.replace(/^https?:/i, (scheme) => scheme.toLowerCase()));
    },
  };
}

/** People click on what stands there. */
const isDangerous = /^(?:javascript|vbscript|data|blob|file):/i;

/** Stricter than either side: the services refuse what Go cannot parse, JavaScript mends much. */
export function isAddress(text: string): boolean {
  return !/[\s<>"{}|\\^`]|%(?![0-9a-f]{2})/i.test(text) && URL.canParse(text);
}

/**
 * One of v2's values.
 *
 * @param otherwise what any other value becomes; without it the field is left alone
 */
export function oneOf(allowed: readonly string[], what: string, otherwise?: string): TextRule {
  return {
    takes: "text",
    words: `one of v2's ${what}; ${otherwise === undefined ? "any other is left out" : `any other becomes ${otherwise}`}`,
    read: (text) => {
      const wanted = text.trim();
      if (wanted === "") return cleared;
      if (allowed.includes(wanted)) return value(wanted);
      const why = `is none of v2's ${what}`;
      return otherwise === undefined ? left(why) : value(otherwise, `${why}: sent as ${otherwise}`);
    },
  };
}

/** Several of v2's values, separated by `;`. */
export function listOf(allowed: readonly string[], what: string): TextRule {
  return {
    takes: "text",
    words: `split at ";", each one of v2's ${what}; others are left out`,
    read: (text) => {
      const wanted = text.split(";").flatMap((item) => item.trim() || []);
      const known = wanted.filter((item) => allowed.includes(item));
      if (known.length === wanted.length) return wanted.length === 0 ? cleared : value(known);
      const why = `holds what is none of v2's ${what}`;
      return known.length === 0 ? left(why) : value(known, `${why}: sent without`);
    },
  };
}

/** Characters: 64 before the @ and 255 behind it (RFC 5321, 4.5.3.1). */
const longestEmail = 320;

/** As strict as needed to tell what the service would refuse, and no stricter than it. */
export function isEmail(text: string): boolean {
  return text.length <= longestEmail && /^[^\s@<>(),;:\\"]+@[^\s@<>(),;:\\"]+$/.test(text);
}

export const email: TextRule = {
  takes: "text",
  words: "an e-mail address",
  read: (text) => {
    const address = text.trim();
    if (address === "") return cleared;
    return isEmail(address) ? value(address) : left("is no e-mail address");
  },
};

export function lookup(words: string): LookupRule {
  return { takes: "look-up", words };
}
