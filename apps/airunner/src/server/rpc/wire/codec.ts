// SPDX-License-Identifier: Apache-2.0
import {
  create,
  type DescMessage,
  fromBinary,
  fromJsonString,
  type Message,
  type MessageInitShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { JobError } from "../../../job/errors.ts";

/** Turns messages into bytes and back. */
export interface Codec {
  readonly name: "proto" | "json";
  /** @throws {JobError} `invalid_request` for bytes that are not such a message */
  decode<D extends DescMessage>(desc: D, bytes: Uint8Array): MessageOf<D>;
  /** The binary form of a message that came in this codec; throws as `decode`, except that binary bytes are not looked at. */
  toBytes(desc: DescMessage, bytes: Uint8Array): Uint8Array;
  encode<D extends DescMessage>(desc: D, message: MessageInitShape<D>): Uint8Array;
  /** A message in this codec from its binary form. */
  fromBytes(desc: DescMessage, bytes: Uint8Array): Uint8Array;
}

type MessageOf<D extends DescMessage> = ReturnType<typeof fromBinary<D>>;

const textDecoder = new TextDecoder("utf-8", { fatal: true });
const textEncoder = new TextEncoder();

export const protoCodec: Codec = {
  name: "proto",
  decode: (desc, bytes) => refusing(desc, () => fromBinary(desc, bytes)),
  toBytes: (_desc, bytes) => bytes,
  encode: (desc, message) => toBinary(desc, create(desc, message)),
  fromBytes: (_desc, bytes) => bytes,
};

export const jsonCodec: Codec = {
  name: "json",
  decode: (desc, bytes) =>
    // As the Go program: a field that we do not know is no error.
    refusing(desc, () => fromJsonString(desc, textDecoder.decode(bytes), { ignoreUnknownFields: true })),
  toBytes: (desc, bytes) => toBinary(desc, jsonCodec.decode(desc, bytes)),
  encode: (desc, message) => textEncoder.encode(toJsonString(desc, create(desc, message))),
  fromBytes: (desc, bytes) => textEncoder.encode(toJsonString<DescMessage>(desc, fromBinary(desc, bytes))),
};

function refusing<M extends Message>(desc: DescMessage, decode: () => M): M {
  try {
    return decode();
  } catch (error) {
    const reason = reasonOf(error);
    throw new JobError("invalid_request", `The request is not a valid ${desc.typeName}: ${reason}.`, {
      cause: error,
    });
  }
}

/** What the parser says, without the piece of the request that V8 quotes: it may be a secret, and errors are logged. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return said.replace(/, (?:\.\.\.)?".*" ?(?:\.\.\. ?)?is not valid JSON$/s, " is not valid JSON");
}
