// SPDX-License-Identifier: Apache-2.0

/** Tag of `sequence` in a JobEvent, and of `end_sequence` within its output batch. */
const sequenceTag = 0x08;
const batchTag = 0x52;
const endSequenceTag = 0x18;

/**
 * Reads the envelopes of a stream of events as they come, in pieces of any size, and checks that sequences are dense:
 * the cheapest reader that still proves that nothing is missing, doubled or out of order.
 */
export class FrameCounter {
  #rest: Buffer = Buffer.alloc(0);
  #next = 1;
  /** Messages so far. */
  messages = 0;
  /** Items so far: one for each sequence. */
  items = 0;
  hasEnded = false;

  add(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (data.length - at >= 5) {
      const length = data.readUInt32BE(at + 1);
      if (data.length - at - 5 < length) break;
      if (data[at] === 0) this.#count(data, at + 5, at + 5 + length);
      else this.hasEnded = true;
      at += 5 + length;
    }
    this.#rest = data.subarray(at);
  }

  #count(data: Buffer, from: number, to: number): void {
    const event = skipVarint(data, from + 1);
    if (data[event] !== sequenceTag) throw new Error("an event does not begin with its sequence");
    const sequence = readVarint(data, event + 1);
    if (sequence !== this.#next) throw new Error(`sequence ${sequence} where ${this.#next} was due`);
    const end = endSequence(data, skipVarint(data, event + 1), to) ?? sequence;
    this.messages += 1;
    this.items += end - sequence + 1;
    this.#next = end + 1;
  }
}

function skipVarint(data: Buffer, at: number): number {
  let next = at;
  while ((data[next] ?? 0) >= 0x80) next += 1;
  return next + 1;
}

function readVarint(data: Buffer, at: number): number {
  let value = 0;
  for (let index = at, factor = 1; ; index += 1, factor *= 128) {
    const byte = data[index] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
}

/** `end_sequence` of the output batch between `from` and `to`, if there is one. */
function endSequence(data: Buffer, from: number, to: number): number | undefined {
  for (let at = from; at < to; ) {
    const tag = data[at] ?? 0;
    if ((tag & 7) === 0) at = skipVarint(data, at + 1);
    else {
      const length = readVarint(data, at + 1);
      const body = skipVarint(data, at + 1);
      if (tag === batchTag) return fieldOf(data, body, body + length);
      at = body + length;
    }
  }
  return undefined;
}

function fieldOf(data: Buffer, from: number, to: number): number | undefined {
  for (let at = from; at < to; ) {
    const tag = data[at] ?? 0;
    if (tag === endSequenceTag) return readVarint(data, at + 1);
    if ((tag & 7) === 0) at = skipVarint(data, at + 1);
    else at = skipVarint(data, at + 1) + readVarint(data, at + 1);
  }
  return undefined;
}
