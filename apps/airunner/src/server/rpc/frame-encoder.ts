// SPDX-License-Identifier: Apache-2.0
import type { DescMessage } from "@bufbuild/protobuf";
import { longBytes, ownTurn } from "../own-turn.ts";
import type { Codec } from "./wire/codec.ts";
import { mapEnvelopes } from "./wire/envelope.ts";

/**
 * Frames are envelopes of binary messages already; JSON alone must look inside.
 *
 * @param isWanted asked when it is a chunk's turn: what nobody waits for any more stays as it is
 */
export function frameEncoder(
  codec: Codec,
  output: DescMessage,
  isWanted: () => boolean,
): (chunk: Uint8Array) => Uint8Array | Promise<Uint8Array> {
  if (codec.name === "proto") return (chunk) => chunk;
  const encode = (chunk: Uint8Array) => mapEnvelopes(chunk, (bytes) => codec.fromBytes(output, bytes));
  return (chunk) => {
    if (chunk.byteLength <= longBytes) return encode(chunk);
    return ownTurn().then(() => (isWanted() ? encode(chunk) : chunk));
  };
}
