// SPDX-License-Identifier: Apache-2.0
import { crc32 } from "node:zlib";

/** What a spool holds; the number is the byte in the file. */
const recordKinds = {
  /** First in the file: {@link SpoolHeader} as JSON. */
  header: 1,
  /** 8 bytes: the last sequence of the event; then the serialised JobEvent. */
  event: 2,
  /** 8 bytes: everything up to this sequence is in the server's log. */
  acknowledged: 3,
  /** A serialised JobResult: the attempt is over, this is how. */
  result: 4,
} as const;

type RecordKind = (typeof recordKinds)[keyof typeof recordKinds];

export type SpoolRecord =
  | { readonly kind: "header"; readonly json: string }
  | { readonly kind: "event"; readonly endSequence: number; readonly bytes: Uint8Array }
  | { readonly kind: "acknowledged"; readonly sequence: number }
  | { readonly kind: "result"; readonly bytes: Uint8Array };

/** Length of the payload (4 bytes), CRC-32 of kind and payload (4), kind (1); little endian. */
const prefixBytes = 9;
const sequenceBytes = 8;

/** What claims to be longer is damage. */
const maxPayloadBytes = 4 * 1024 * 1024;

/** No record takes more. */
export const maxRecordBytes = prefixBytes + maxPayloadBytes;

export function encodeHeader(json: string): Buffer {
  return encode(recordKinds.header, Buffer.from(json));
}

export function encodeEvent(endSequence: number, event: Uint8Array): Buffer {
  return encode(recordKinds.event, sequenceField(endSequence), event);
}

export function encodeAcknowledged(sequence: number): Buffer {
  return encode(recordKinds.acknowledged, sequenceField(sequence));
}

export function encodeResult(result: Uint8Array): Buffer {
  return encode(recordKinds.result, result);
}

function sequenceField(sequence: number): Buffer {
  const field = Buffer.allocUnsafe(sequenceBytes);
  field.writeBigUInt64LE(BigInt(sequence));
  return field;
}

function encode(kind: RecordKind, ...payload: readonly Uint8Array[]): Buffer {
  const length = payload.reduce((sum, part) => sum + part.length, 0);
  if (length > maxPayloadBytes) throw new TypeError(`A record of ${length} bytes is too large for a spool.`);
  const record = Buffer.allocUnsafe(prefixBytes + length);
  record.writeUInt32LE(length, 0);
  record.writeUInt8(kind, 8);
  let at = prefixBytes;
  for (const part of payload) {
    record.set(part, at);
    at += part.length;
  }
  record.writeUInt32LE(crc32(record.subarray(8)), 4);
  return record;
}

export interface DecodedRecord {
  readonly record: SpoolRecord;
  /** Bytes that it takes in the file. */
  readonly size: number;
}

/**
 * Decodes the record at `offset`. Payloads are views into `bytes`.
 *
 * @returns `undefined` where no whole, sound record begins there: the end, one that is still being written, the torn
 * tail that a killed process leaves, or damage
 */
export function decodeRecord(bytes: Buffer, offset: number): DecodedRecord | undefined {
  if (bytes.length - offset < prefixBytes) return undefined;
  const length = bytes.readUInt32LE(offset);
  const end = offset + prefixBytes + length;
  if (length > maxPayloadBytes || end > bytes.length) return undefined;
  if (crc32(bytes.subarray(offset + 8, end)) !== bytes.readUInt32LE(offset + 4)) return undefined;
  const record = toRecord(bytes.readUInt8(offset + 8), bytes.subarray(offset + prefixBytes, end));
  return record === undefined ? undefined : { record, size: prefixBytes + length };
}

function toRecord(kind: number, payload: Buffer): SpoolRecord | undefined {
  if (kind === recordKinds.header) return { kind: "header", json: payload.toString() };
  if (kind === recordKinds.result) return { kind: "result", bytes: payload };
  if (payload.length < sequenceBytes) return undefined;
  const sequence = Number(payload.readBigUInt64LE());
  if (kind === recordKinds.acknowledged) return { kind: "acknowledged", sequence };
  if (kind !== recordKinds.event) return undefined;
  return { kind: "event", endSequence: sequence, bytes: payload.subarray(sequenceBytes) };
}
