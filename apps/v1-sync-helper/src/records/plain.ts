// SPDX-License-Identifier: MIT
import { ExtData } from "@msgpack/msgpack";
import type { Json, JsonObject } from "./json.ts";

/** Levels of nesting that a value may have. Rows of v1 have two or three. */
export const maxDepth = 64;

/** The value cannot be taken; the message ends a sentence that begins with "the value". */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

/**
 * A decoded value as JSON can hold it. Objects have no prototype, so that a column called `constructor` or `__proto__`
 * is a column and nothing else.
 *
 * Numbers that a double cannot hold become decimal text, bytes base64, unknown MessagePack extensions
 * `extension {type}: {base64}`. Halves of surrogate pairs become U+FFFD, as in the services, which would otherwise
 * answer another text than was sent.
 *
 * @throws {MalformedError} when it is nested deeper than {@link maxDepth}
 */
export function toPlain(value: unknown, depth = 0): Json {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? value : value.toWellFormed();
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "boolean":
      return value;
    case "object":
      return value === null ? null : toPlainObject(value, depth);
    default:
      return null;
  }
}

function toPlainObject(value: object, depth: number): Json {
  if (value instanceof Uint8Array) return base64(value);
  if (value instanceof ExtData) return `extension ${value.type}: ${base64(bytesOf(value))}`;
  if (depth >= maxDepth) throw new MalformedError(`is nested deeper than ${maxDepth} levels`);
  if (Array.isArray(value)) return value.map((item) => toPlain(item, depth + 1));
  const plain: Record<string, Json> = Object.create(null);
  for (const [name, item] of Object.entries(value)) plain[name.toWellFormed()] = toPlain(item, depth + 1);
  return plain satisfies JsonObject;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function bytesOf({ data }: ExtData): Uint8Array {
  return typeof data === "function" ? data(0) : data;
}
