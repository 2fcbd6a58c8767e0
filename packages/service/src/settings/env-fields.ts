// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";
import * as z from "zod";
import { formatDuration, parseDuration } from "./duration.ts";
import { documentField } from "./field-docs.ts";

/** A field of an environment: text in, a checked value out. Chain `.describe("…")` for the README's table. */
export type EnvSchema<T> = z.ZodPipe<z.ZodString, z.ZodTransform<T, string>>;

/** The same with a default, which is written as the environment would write it. */
export type EnvSchemaWithDefault<T> = z.ZodPrefault<EnvSchema<T>>;

/** What a parser says instead of a value. */
class Refusal {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

interface FieldOptions<T> {
  /** For people, in the table: "integer, 1 to 64". */
  readonly type: string;
  readonly values?: readonly string[];
  readonly secret?: boolean;
  /** Value or {@link Refusal}; a refusal's text never holds the input. */
  parse(text: string): T | Refusal;
}

function field<T>(options: FieldOptions<T>): EnvSchema<T> {
  const schema = z.string().transform((text, context): T => {
    const outcome = options.parse(text);
    if (!(outcome instanceof Refusal)) return outcome;
    context.addIssue({ code: "custom", message: outcome.problem });
    return z.NEVER;
  });
  const { type, values, secret = false } = options;
  return documentField(schema, { type, secret, ...(values !== undefined && { values }) });
}

/** @throws {TypeError} when the default itself would be refused */
function withDefault<T>(schema: EnvSchema<T>, text: string): EnvSchemaWithDefault<T> {
  const outcome = schema.safeParse(text);
  if (!outcome.success) throw new TypeError(`The default "${text}" ${outcome.error.issues[0]?.message}`);
  return schema.prefault(text);
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  on: true,
  "1": true,
  false: false,
  f: false,
  no: false,
  n: false,
  off: false,
  "0": false,
};

/** `true`, `yes`, `on`, `t`, `y`, `1` and their opposites, in any case. */
export function envBoolean(options: { readonly default: boolean }): EnvSchemaWithDefault<boolean>;
export function envBoolean(options?: { readonly default?: undefined }): EnvSchema<boolean>;
export function envBoolean(options: { readonly default?: boolean | undefined } = {}) {
  const schema = field({
    type: "`true` or `false`",
    values: ["true", "false"],
    parse: (text) => ownValue(truths, text.trim().toLowerCase()) ?? new Refusal("must be true or false"),
  });
  return options.default === undefined ? schema : withDefault(schema, String(options.default));
}

export interface EnvIntegerOptions {
  /** Default -(2^53 - 1). */
  readonly min?: number;
  /** Default 2^53 - 1. */
  readonly max?: number;
  readonly default?: number | undefined;
}

/** A whole number in decimal digits; no blanks inside, no exponent, no fraction. */
export function envInteger(
  options: EnvIntegerOptions & { readonly default: number },
): EnvSchemaWithDefault<number>;
export function envInteger(options?: EnvIntegerOptions & { readonly default?: undefined }): EnvSchema<number>;
export function envInteger(options: EnvIntegerOptions = {}) {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  const range = rangeText(options.min?.toString(), options.max?.toString());
  const schema = field({
    type: `integer${range}`,
    parse: (text) => {
      const value = /^[+-]?\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : new Refusal(`must be a whole number${range}`);
    },
  });
  return options.default === undefined ? schema : withDefault(schema, String(options.default));
}

/** A TCP port, 0 to 65535; 0 lets the system choose. */
export function envPort(options: { readonly default: number }): EnvSchemaWithDefault<number>;
export function envPort(options?: { readonly default?: undefined }): EnvSchema<number>;
export function envPort(options: { readonly default?: number | undefined } = {}) {
  const range = { min: 0, max: 65_535 };
  return options.default === undefined
    ? envInteger(range)
    : envInteger({ ...range, default: options.default });
}

export interface EnvDurationOptions {
  /** Milliseconds; default 0. */
  readonly minMs?: number;
  /** Milliseconds; default 2^31 - 1 (24 days), the longest that Node's timers wait. */
  readonly maxMs?: number;
  /** As the environment writes it: `"55m"`. */
  readonly default?: string | undefined;
}

const longestTimerMs = 2 ** 31 - 1;

/** `30s`, `55m`, `1h30m` → milliseconds. A number without a unit is refused: nobody agrees on what it means. */
export function envDuration(
  options: EnvDurationOptions & { readonly default: string },
): EnvSchemaWithDefault<number>;
export function envDuration(
  options?: EnvDurationOptions & { readonly default?: undefined },
): EnvSchema<number>;
export function envDuration(options: EnvDurationOptions = {}) {
  const { minMs = 0, maxMs = longestTimerMs } = options;
  const range = rangeText(
    options.minMs && formatDuration(options.minMs),
    options.maxMs && formatDuration(options.maxMs),
  );
  const schema = field({
    type: `duration${range}`,
    parse: (text) => {
      const value = parseDuration(text);
      if (value === undefined) return new Refusal(`must be a duration such as 30s, 55m or 1h30m${range}`);
      return value >= minMs && value <= maxMs
        ? value
        : new Refusal(`must be a duration${range || " of at most 24 days"}`);
    },
  });
  return options.default === undefined ? schema : withDefault(schema, options.default);
}

export interface EnvUrlOptions {
  /** Schemes without colon; default `http` and `https`. */
  readonly protocols?: readonly string[];
  /** Whether a user name or password may stand in it. Default false: settings get logged. */
  readonly allowCredentials?: boolean;
  readonly default?: string | undefined;
}

/** An absolute URL. */
export function envUrl(options: EnvUrlOptions & { readonly default: string }): EnvSchemaWithDefault<URL>;
export function envUrl(options?: EnvUrlOptions & { readonly default?: undefined }): EnvSchema<URL>;
export function envUrl(options: EnvUrlOptions = {}) {
  const { protocols = ["http", "https"], allowCredentials = false } = options;
  const starts = joinWords(protocols.map((protocol) => `${protocol}://`));
  const schema = field({
    type: "URL",
    parse: (text) => {
      const url = URL.parse(text.trim());
      if (url === null || !protocols.includes(url.protocol.slice(0, -1)) || url.host === "") {
        return new Refusal(`must be a URL that starts with ${starts}`);
      }
      const hasCredentials = url.username !== "" || url.password !== "";
      return hasCredentials && !allowCredentials ? new Refusal("must not hold a user name or password") : url;
    },
  });
  return options.default === undefined ? schema : withDefault(schema, options.default);
}

export interface EnvEnumOptions<V extends string> {
  /** Further spellings, in lower case: `{ warning: "warn" }`. */
  readonly aliases?: Readonly<Record<string, V>>;
  readonly default?: V | undefined;
}

/** One of a few words, in any case. */
export function envEnum<const V extends string>(
  values: readonly V[],
  options: EnvEnumOptions<NoInfer<V>> & { readonly default: NoInfer<V> },
): EnvSchemaWithDefault<V>;
export function envEnum<const V extends string>(
  values: readonly V[],
  options?: EnvEnumOptions<NoInfer<V>> & { readonly default?: undefined },
): EnvSchema<V>;
export function envEnum<const V extends string>(values: readonly V[], options: EnvEnumOptions<V> = {}) {
  const { aliases = {} } = options;
  const schema = field<V>({
    type: joinWords(values.map((value) => `\`${value}\``)),
    values,
    parse: (text) => {
      const word = text.trim().toLowerCase();
      const match = values.find((value) => value.toLowerCase() === word) ?? ownValue(aliases, word);
      return match ?? new Refusal(`must be ${joinWords(values)}`);
    },
  });
  return options.default === undefined ? schema : withDefault(schema, options.default);
}

export interface EnvListOptions {
  /** What every item must match, and how to call that: `{ pattern: /^[a-z-]+$/, hint: "a slug" }`. */
  readonly item?: { readonly pattern: RegExp; readonly hint: string };
  /** Default 1,000. */
  readonly maxItems?: number;
  readonly default?: string | undefined;
}

/** Words between commas; blanks around them and empty ones are dropped. */
export function envList(
  options: EnvListOptions & { readonly default: string },
): EnvSchemaWithDefault<string[]>;
export function envList(options?: EnvListOptions & { readonly default?: undefined }): EnvSchema<string[]>;
export function envList(options: EnvListOptions = {}) {
  const { item, maxItems = 1000 } = options;
  const schema = field({
    type: "list, comma-separated",
    parse: (text) => {
      const items = text
        .split(",")
        .map((word) => word.trim())
        .filter((word) => word !== "");
      if (items.length > maxItems) return new Refusal(`must not have more than ${maxItems} items`);
      const bad = item === undefined ? -1 : items.findIndex((word) => word.search(item.pattern) === -1);
      return bad === -1 ? items : new Refusal(`must list only ${item?.hint}, but item ${bad + 1} is not`);
    },
  });
  return options.default === undefined ? schema : withDefault(schema, options.default);
}

const hostName =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/** An address or name to listen on; `*` stays `*` and means all interfaces. Brackets of an IPv6 address are dropped. */
export function envHost(options: { readonly default: string }): EnvSchemaWithDefault<string>;
export function envHost(options?: { readonly default?: undefined }): EnvSchema<string>;
export function envHost(options: { readonly default?: string | undefined } = {}) {
  const schema = field({
    type: "host, or `*` for all interfaces",
    parse: (text) => {
      const host = text.trim().replace(/^\[(.*)\]$/, "$1");
      const isUsable = host === "*" || isIP(host) !== 0 || (hostName.test(host) && !/^[\d.]+$/.test(host));
      return isUsable ? host : new Refusal("must be a host name, an IP address, or * for all interfaces");
    },
  });
  return options.default === undefined ? schema : withDefault(schema, options.default);
}

export interface EnvTextOptions {
  readonly pattern?: RegExp;
  /** What `pattern` asks for, after "must be": "a bucket name". */
  readonly hint?: string;
  /** Characters; default 65,536. */
  readonly maxLength?: number;
  readonly default?: string | undefined;
}

/** Text without blanks around it. */
export function envText(options: EnvTextOptions & { readonly default: string }): EnvSchemaWithDefault<string>;
export function envText(options?: EnvTextOptions & { readonly default?: undefined }): EnvSchema<string>;
export function envText(options: EnvTextOptions = {}) {
  const schema = field({ type: "text", parse: (text) => checkText(text.trim(), options) });
  return options.default === undefined ? schema : withDefault(schema, options.default);
}

/** A secret, taken as it is, blanks included; belongs into the schema of {@link loadSecrets}. */
export function envSecret(options: Omit<EnvTextOptions, "default"> = {}): EnvSchema<string> {
  return field({ type: "secret", secret: true, parse: (text) => checkText(text, options) });
}

function checkText(text: string, { pattern, hint, maxLength = 65_536 }: EnvTextOptions): string | Refusal {
  if (text.length > maxLength) return new Refusal(`must not be longer than ${maxLength} characters`);
  const matches = pattern === undefined || text.search(pattern) !== -1;
  return matches ? text : new Refusal(`must be ${hint ?? "of another form"}`);
}

function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function rangeText(min: string | 0 | undefined, max: string | 0 | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, at least ${min}`;
  return max === undefined ? "" : `, at most ${max}`;
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
