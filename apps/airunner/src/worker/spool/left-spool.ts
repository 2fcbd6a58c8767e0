// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from "node:fs/promises";
import { parseHeader, type SpoolHeader } from "./header.ts";
import { decodeRecord, maxRecordBytes, type SpoolRecord } from "./record.ts";
import type { SpooledEvent } from "./spool-file.ts";
import { readAt } from "./whole-io.ts";

/** What a spool says whose worker is gone. */
export interface LeftSpool {
  readonly header: SpoolHeader;
  /** The last sequence that the server was known to have; 0 where none was. */
  readonly acknowledged: number;
  readonly lastSequence: number;
  /** Serialised JobResult, where the attempt had come to its end. */
  readonly result: Uint8Array | undefined;
  /** Bytes at the end that are no whole record: what was being written when the worker died. */
  readonly tornBytes: number;
}

/** @returns `undefined` where the file holds no header that we can read */
export async function readLeftSpool(path: string): Promise<LeftSpool | undefined> {
  let header: SpoolHeader | undefined;
  let acknowledged = 0;
  let lastSequence = 0;
  let result: Uint8Array | undefined;
  let end = 0;
  await using file = await open(path, "r");
  for await (const { record, next } of records(file)) {
    end = next;
    if (record.kind === "header") header = parseHeader(record.json);
    if (record.kind === "acknowledged") acknowledged = Math.max(acknowledged, record.sequence);
    if (record.kind === "event") lastSequence = record.endSequence;
    if (record.kind === "result") result = Uint8Array.from(record.bytes);
  }
  if (header === undefined) return undefined;
  const { size } = await file.stat();
  return { header, acknowledged, lastSequence, result, tornBytes: size - end };
}

/** Only the header; `undefined` where there is none that we can read. */
export async function readSpoolHeader(path: string): Promise<SpoolHeader | undefined> {
  await using file = await open(path, "r");
  for await (const { record } of records(file)) {
    return record.kind === "header" ? parseHeader(record.json) : undefined;
  }
  return undefined;
}

/** The events after `acknowledged`, in order, in groups of about `maxBytes`. */
export async function* readLeftEvents(
  path: string,
  acknowledged: number,
  maxBytes: number,
): AsyncGenerator<readonly SpooledEvent[]> {
  await using file = await open(path, "r");
  let group: SpooledEvent[] = [];
  let bytes = 0;
  for await (const { record } of records(file)) {
    if (record.kind !== "event" || record.endSequence <= acknowledged) continue;
    if (bytes > 0 && bytes + record.bytes.length > maxBytes) {
      yield group;
      group = [];
      bytes = 0;
    }
    // A copy: the record is a view into a window that may be much larger.
    group.push({ endSequence: record.endSequence, bytes: Uint8Array.from(record.bytes) });
    bytes += record.bytes.length;
  }
  if (group.length > 0) yield group;
}

async function* records(
  file: FileHandle,
): AsyncGenerator<{ readonly record: SpoolRecord; readonly next: number }> {
  for (let position = 0; ; ) {
    const window = await readAt(file, position, maxRecordBytes);
    let at = 0;
    for (let found = decodeRecord(window, at); found !== undefined; found = decodeRecord(window, at)) {
      at += found.size;
      yield { record: found.record, next: position + at };
    }
    if (at === 0) return;
    position += at;
  }
}
