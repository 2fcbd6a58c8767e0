// SPDX-License-Identifier: Apache-2.0

/** A field of a message: its number, and its value in the form that the schema says. */
export type WireField =
  | readonly [number: number, value: string | Uint8Array]
  | readonly [number: number, value: number | bigint | boolean];

/** What a field of a received message held: numbers as they are on the wire, else bytes. */
export type WireValue = bigint | Uint8Array;

function varint(value: bigint): number[] {
  let rest = BigInt.asUintN(64, value);
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

/**
 * Writes a protobuf message by hand, so that a test of the protocol does not believe the generated code.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function writeMessage(...fields: readonly WireField[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === "string" || value instanceof Uint8Array) {
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      return Buffer.concat([
        Buffer.from([...varint(BigInt(number * 8 + 2)), ...varint(BigInt(bytes.length))]),
        bytes,
      ]);
    }
    return Buffer.from([...varint(BigInt(number * 8)), ...varint(BigInt(value))]);
  });
  return Buffer.concat(parts);
}

/** Reads a protobuf message: every value of every field, in the order of the wire. */
export function readMessage(bytes: Uint8Array): WireMessage {
  const fields = new Map<number, WireValue[]>();
  let at = 0;
  const next = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new Error("The message ends within a number.");
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(next());
    const values = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, values);
    if ((tag & 7) === 0) values.push(next());
    else if ((tag & 7) === 2) {
      const length = Number(next());
      values.push(bytes.subarray(at, at + length));
      at += length;
    } else throw new Error(`The message has a field of wire type ${tag & 7}.`);
  }
  return new WireMessage(fields);
}

/** A received message; a field that is absent has its default. */
export class WireMessage {
  readonly #fields: ReadonlyMap<number, readonly WireValue[]>;

  constructor(fields: ReadonlyMap<number, readonly WireValue[]>) {
    this.#fields = fields;
  }

  text(number: number): string {
    return Buffer.from(this.bytes(number)).toString();
  }

  bytes(number: number): Uint8Array {
    const value = this.#fields.get(number)?.at(-1) ?? new Uint8Array();
    if (typeof value === "bigint") throw new Error(`Field ${number} is a number.`);
    return value;
  }

  /** Signed, as int32, int64, bool and enumerations are. */
  number(number: number): number {
    const value = this.#fields.get(number)?.at(-1) ?? 0n;
    if (typeof value !== "bigint") throw new Error(`Field ${number} is no number.`);
    return Number(BigInt.asIntN(64, value));
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  message(number: number): WireMessage {
    return readMessage(this.bytes(number));
  }

  messages(number: number): readonly WireMessage[] {
    return this.#repeated(number).map(readMessage);
  }

  texts(number: number): readonly string[] {
    return this.#repeated(number).map((bytes) => Buffer.from(bytes).toString());
  }

  #repeated(number: number): readonly Uint8Array[] {
    return (this.#fields.get(number) ?? []).map((value) => {
      if (typeof value === "bigint") throw new Error(`Field ${number} is a number.`);
      return value;
    });
  }
}
