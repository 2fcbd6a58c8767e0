// SPDX-License-Identifier: MIT
import type { Reason } from "../reason.ts";
import { isJsonObject } from "./json.ts";
import { parseJson } from "./json-text.ts";
import { parseMessagePack } from "./msgpack-bytes.ts";
import { MalformedError, toPlain } from "./plain.ts";
import { createRecord, type V1Record } from "./v1-record.ts";

/** The largest value that the bucket takes. */
export const maxValueBytes = 10 * 1024 * 1024;

export type Decoded =
  | { readonly ok: true; readonly record: V1Record }
  | { readonly ok: false; readonly reason: Reason };

/**
 * Reads a value of `v1-objects`: a JSON object, or a MessagePack map. No JSON text begins with a byte that begins a
 * map, so the first byte tells them apart. Never throws.
 *
 * @param value e.g. `{"sfid":"a0941000002wBz4AAE","name":"Example","_sdc_received_at":"2025-12-01T10:05:01+00:00"}`
 */
export function decodeRecord(value: Uint8Array): Decoded {
  if (value.length === 0)
    return refused("empty_value", "The value has no bytes: write the record again from v1.");
  try {
    const columns = toPlain(parse(value));
    if (!isJsonObject(columns)) throw new MalformedError("is not a record");
    return { ok: true, record: createRecord(columns) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return refused("malformed_value", `The value ${error.message}: write the record again from v1.`);
  }
}

function parse(value: Uint8Array): unknown {
  if (value.length > maxValueBytes)
    throw new MalformedError(`has ${value.length} bytes, more than the ${maxValueBytes} that are read`);
  const kind = kindOf(value);
  if (kind === "json") return parseJson(value);
  if (kind === "msgpack") return parseMessagePack(value);
  throw new MalformedError(`is ${kind}, neither a JSON object nor a MessagePack map`);
}

const byteOrderMark = [0xef, 0xbb, 0xbf];
const white = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** `json`, `msgpack`, or what else it seems to be, in words. */
function kindOf(value: Uint8Array): string {
  const first = value[0] ?? 0;
  if ((first >= 0x80 && first <= 0x8f) || first === 0xde || first === 0xdf) return "msgpack";
  if ((first >= 0x90 && first <= 0x9f) || first === 0xdc || first === 0xdd) return "a MessagePack list";
  let at = byteOrderMark.every((byte, index) => value[index] === byte) ? byteOrderMark.length : 0;
  while (white.has(value[at] ?? 0)) at += 1;
  const byte = value[at];
  if (byte === undefined) return "white space";
  if (byte === 0x7b) return "json";
  return otherJson.get(String.fromCharCode(byte)) ?? `something that begins with the byte ${hex(byte)}`;
}

const otherJson = new Map([
  ["[", "a JSON list"],
  ['"', "a JSON text"],
  ["t", "no object (it begins like the JSON value true)"],
  ["f", "no object (it begins like the JSON value false)"],
  ["n", "no object (it begins like the JSON value null)"],
  ..."-0123456789".split("").map((digit) => [digit, "a number"] as const),
]);

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

function refused(code: "empty_value" | "malformed_value", message: string): Decoded {
  return { ok: false, reason: { code, message } };
}
