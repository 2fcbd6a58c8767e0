// SPDX-License-Identifier: MIT
import { isJsonObject, type Json, type JsonObject } from "../../records/json.ts";

/** The texts that v1 gave for an id, each present, perhaps empty. */
export type Attributes = Readonly<Record<string, string>>;

/** What v1 said of an id, at some time. */
export interface Answer {
  /** `undefined`: it knows nothing of that id, or nothing that is of use. */
  readonly attributes: Attributes | undefined;
  /** Unix milliseconds, by the clock of the instance that asked. */
  readonly fetchedAtMs: number;
}

/** What is kept of an answer; without the first of them an answer is of no use. */
export type AttributeNames = readonly [string, ...string[]];

/** Longer texts are no names; they would only fill the memory. */
const longestText = 1_024;

/** Machines' clocks differ; an answer that comes from further in the future has no age that could be believed. */
const tolerableSkewMs = 300_000;

/** Picks the attributes out of a JSON object; others than texts of up to 1 024 characters count as empty. */
export function readAttributes(names: AttributeNames, body: JsonObject): Attributes | undefined {
  const attributes = Object.fromEntries(names.map((name) => [name, textOf(body[name])]));
  return attributes[names[0]] === "" ? undefined : attributes;
}

/**
 * The original's form. Known:
 * `{"ID":"0034…","Username":"jdoe","Email":"j@example.org","FirstName":"J","LastName":"Doe","_last_fetched":"2026-11-21T10:00:00.000Z"}`;
 * unknown: the same with empty texts.
 */
export function encodeAnswer(names: AttributeNames, id: string, answer: Answer): string {
  const attributes = answer.attributes ?? Object.fromEntries(names.map((name) => [name, ""]));
  return JSON.stringify({
    ID: id,
    ...attributes,
    _last_fetched: new Date(answer.fetchedAtMs).toISOString(),
  });
}

/** @returns `undefined` for what is not of that form: it is fetched anew and written over */
export function decodeAnswer(names: AttributeNames, value: Uint8Array): Answer | undefined {
  const body = parseJson(value);
  const lastFetched = body?.["_last_fetched"];
  const fetchedAtMs = typeof lastFetched === "string" ? Date.parse(lastFetched) : Number.NaN;
  if (body === undefined || Number.isNaN(fetchedAtMs)) return undefined;
  return { attributes: readAttributes(names, body), fetchedAtMs };
}

/** Milliseconds since v1 was asked. */
export function ageOf(answer: Answer, nowMs: number): number {
  const ageMs = nowMs - answer.fetchedAtMs;
  return ageMs < -tolerableSkewMs ? Infinity : Math.max(ageMs, 0);
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" && value.length <= longestText ? value.trim() : "";
}

function parseJson(value: Uint8Array): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value).toString("utf8"));
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
