// SPDX-License-Identifier: MIT
import { Decoder, decodeTimestampToTimeSpec, EXT_TIMESTAMP, ExtensionCodec } from "@msgpack/msgpack";
import { checkMessagePack } from "./msgpack-shape.ts";
import { base64, MalformedError } from "./plain.ts";

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: EXT_TIMESTAMP,
  encode: () => null,
  decode: timestampText,
});

/** Kept: it holds a cache of column names. Not re-entered, for nothing in it waits. */
const decoder = new Decoder({ useBigInt64: true, extensionCodec, mapKeyConverter: keyText });

/**
 * Decodes one MessagePack value. Integers of 64 bits come as `bigint`, bytes as `Uint8Array`, timestamps as ISO text.
 *
 * @throws {MalformedError} also for the key `__proto__`, which the library refuses
 */
export function parseMessagePack(bytes: Uint8Array): unknown {
  checkMessagePack(bytes);
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new MalformedError(`is a MessagePack map that cannot be decoded: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** The library's messages name types, sizes and offsets, never a value. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function keyText(key: unknown): string {
  if (key instanceof Uint8Array) return base64(key);
  if (typeof key === "object" && key !== null)
    throw new MalformedError("has a map whose key is a map, a list or an extension");
  return String(key);
}

/** RFC 3339, with as many digits of a second as it needs; seconds since 1970 where no calendar reaches. */
function timestampText(data: Uint8Array): string {
  const { sec, nsec } = decodeTimestampToTimeSpec(data);
  const date = new Date(sec * 1000);
  if (Number.isNaN(date.getTime())) return `${sec}.${String(nsec).padStart(9, "0")}`;
  const seconds = date.toISOString().slice(0, -".000Z".length);
  if (nsec === 0) return `${seconds}Z`;
  const digits = nsec % 1_000_000 === 0 ? 3 : 9;
  return `${seconds}.${String(nsec).padStart(9, "0").slice(0, digits)}Z`;
}
