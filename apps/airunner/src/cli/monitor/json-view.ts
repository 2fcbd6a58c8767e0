// SPDX-License-Identifier: Apache-2.0
import { isUtf8 } from "node:buffer";
import { toJson } from "@bufbuild/protobuf";
import { JobEventSchema, StreamType } from "../../gen/job/v1/job_pb.ts";
import type { CliContext } from "../context.ts";
import { eventTypeName } from "../text/names.ts";
import type { FeedItem, MonitorView, OutputChunk } from "./feed.ts";

const streamNames: Readonly<Record<number, string>> = {
  [StreamType.STDOUT]: "stdout",
  [StreamType.STDERR]: "stderr",
};

/**
 * Prints one JSON object a line:
 * `{"type":"output","attempt":1,"sequence":2,"time":"2026-11-21T14:00:00.000Z","stream":"stdout","text":"hello\n"}`;
 * output that is not UTF-8 by itself has `base64` in place of `text`; other events have the fields of their message.
 */
export class JsonView implements MonitorView {
  readonly #context: CliContext;

  constructor(context: CliContext) {
    this.#context = context;
  }

  async show(item: FeedItem): Promise<void> {
    switch (item.kind) {
      case "output":
        return this.#print(...item.chunks.map((chunk) => outputObject(item.attempt, chunk)));
      case "event":
        return this.#print(eventObject(item));
      case "attempt":
        return this.#print({ type: "attempt", attempt: item.attempt });
      case "gap":
        return this.#print({ type: "gap", attempt: item.attempt, after: item.after, next: item.next });
      case "lost":
        return this.#print({ type: "connection_lost", message: item.message });
      case "resumed":
        return this.#print({ type: "connection_resumed", attempt: item.attempt, sequence: item.sequence });
    }
  }

  async close(): Promise<void> {}

  /** The last line, or what submitting answered. */
  async print(object: object): Promise<void> {
    await this.#print(object);
  }

  async #print(...objects: readonly object[]): Promise<void> {
    if (objects.length === 0) return;
    await this.#context.stdout.write(objects.map((object) => `${JSON.stringify(object)}\n`).join(""));
  }
}

function outputObject(attempt: number, { bytes, stream, sequence, atMs }: OutputChunk): object {
  const name = streamNames[stream];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    type: "output",
    attempt,
    sequence,
    time: isoTime(atMs),
    ...(name !== undefined && { stream: name }),
    ...(isUtf8(buffer) ? { text: buffer.toString("utf8") } : { base64: buffer.toString("base64") }),
  };
}

function eventObject({ attempt, sequence, atMs, event }: Extract<FeedItem, { kind: "event" }>): object {
  const json = toJson(JobEventSchema, event, { alwaysEmitImplicit: true });
  const { case: name } = event.eventData;
  const fields = name !== undefined && isObject(json) ? json[name] : undefined;
  return {
    type: eventTypeName(event.eventType),
    attempt,
    sequence,
    time: isoTime(atMs),
    ...(isObject(fields) && fields),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined || !Number.isFinite(new Date(ms).getTime())
    ? undefined
    : new Date(ms).toISOString();
}
