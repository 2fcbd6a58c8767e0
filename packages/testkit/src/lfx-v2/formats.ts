// SPDX-License-Identifier: Apache-2.0

/** The formats that the services' framework knows; each by the rule of the Go function behind it. */
export type Format = "uuid" | "uri" | "date" | "date-time" | "email";

export const isFormat: Readonly<Record<Format, (value: string) => boolean>> = {
  uuid: isUuid,
  uri: isUri,
  date: isDate,
  "date-time": isDateTime,
  email: isEmail,
};

const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** As lenient as the framework: with `urn:uuid:`, in braces, or without hyphens. */
function isUuid(value: string): boolean {
  switch (value.length) {
    case 36:
      return UUID.test(value);
    case 45:
      return value.slice(0, 9).toLowerCase() === "urn:uuid:" && UUID.test(value.slice(9));
    case 38:
      return value.startsWith("{") && value.endsWith("}") && UUID.test(value.slice(1, -1));
    case 32:
      return /^[0-9a-fA-F]{32}$/.test(value);
    default:
      return false;
  }
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;

/** url.ParseRequestURI: an absolute URI (also an opaque one) or an absolute path. */
function isUri(value: string): boolean {
  if (value === "" || /[\u0000-\u001f\u007f]/.test(value)) return false;
  if (value === "*") return true;
  const scheme = SCHEME.exec(value);
  const rest = scheme === null ? value : value.slice(scheme[0].length);
  if (!rest.startsWith("/")) return scheme !== null;
  if (scheme === null || !rest.startsWith("//")) return hasGoodEscapes(pathOf(rest));
  const end = rest.slice(2).search(/[/?]/);
  const authority = end === -1 ? rest.slice(2) : rest.slice(2, end + 2);
  return isAuthority(authority) && hasGoodEscapes(end === -1 ? "" : pathOf(rest.slice(end + 2)));
}

function pathOf(rest: string): string {
  const query = rest.indexOf("?");
  return query === -1 ? rest : rest.slice(0, query);
}

function hasGoodEscapes(path: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(path);
}

function isAuthority(authority: string): boolean {
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (/[\s\\^`{|}]/.test(host) || !hasGoodEscapes(host)) return false;
  const port = host.startsWith("[") ? host.slice(host.indexOf("]") + 1) : host.slice(portIndex(host));
  return /^(:[0-9]*)?$/.test(port);
}

function portIndex(host: string): number {
  const colon = host.indexOf(":");
  return colon === -1 ? host.length : colon;
}

function isDate(value: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  return match !== null && isRealDay(Number(match[1]), Number(match[2]), Number(match[3]));
}

function isRealDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (days[month - 1] ?? 0);
}

const DATE_TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})([.,]\d+)?(Z|[+-](\d{2}):(\d{2}))$/;

function isDateTime(value: string): boolean {
  const match = DATE_TIME.exec(value);
  if (match === null || !isDate(match[1] ?? "")) return false;
  const [hour, minute, second] = [Number(match[2]), Number(match[3]), Number(match[4])];
  const [zoneHour, zoneMinute] = [Number(match[7] ?? 0), Number(match[8] ?? 0)];
  return hour < 24 && minute < 60 && second < 60 && zoneHour <= 24 && zoneMinute < 60;
}

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10FFFF}-]+";
const DOT_ATOM = `${ATOM}(?:\\.${ATOM})*`;
const QUOTED = '"(?:[^"\\\\\\r\\n]|\\\\.)*"';
const ADDRESS = `(?:${DOT_ATOM}|${QUOTED})@(?:${DOT_ATOM}|\\[[^\\]\\s]+\\])`;
const PHRASE = `(?:(?:${ATOM}|\\.|${QUOTED})[ \\t]*)*`;
const EMAIL = new RegExp(`^[ \\t]*(?:${ADDRESS}|${PHRASE}<${ADDRESS}>)[ \\t]*$`, "u");

/** net/mail's parser, without its comments and groups: a display name before `<a@b.org>` is fine. */
function isEmail(value: string): boolean {
  return EMAIL.test(value);
}
