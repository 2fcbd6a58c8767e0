// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import type { DescMessage } from "@bufbuild/protobuf";
import type { Codec } from "./wire/codec.ts";
import { mapEnvelopes } from "./wire/envelope.ts";

/** Turning more bytes than this into JSON takes a millisecond or more. */
const longBytes = 32_768;

/** Ends with the work that was asked for last. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs `work` in a turn of the event loop of its own, in order of the calls. A thousand readers that come at once would otherwise
 * have their first pages turned into JSON in one turn, with nothing else served for seconds.
 */
function inTurn<T>(work: () => T): Promise<T> {
  const done = turn.then(() => setImmediate()).then(work);
  turn = done.catch(() => {});
  return done;
}

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
    return inTurn(() => (isWanted() ? encode(chunk) : chunk));
  };
}
