// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { S3Error } from "./errors.ts";
import type { Fault, ListingFault } from "./fault-rules.ts";
import { type Reply, textReply } from "./reply.ts";

/** A reply that is not sent: the connection is reset, or left open without a word. */
export type Silence = "reset" | "hang";

/** The answer that stands in place of the operation, if the fault gives one. @throws {S3Error} */
export function insteadOf(fault: Fault | undefined): Reply | Silence | undefined {
  if (fault === undefined || happensAfter(fault)) return undefined;
  if (fault.kind === "error") throw toError(fault);
  if (fault.kind === "answer")
    return textReply(fault.status, fault.contentType ?? "text/html", fault.body, fault.headers);
  return fault.kind === "reset" || fault.kind === "hang" ? fault.kind : undefined;
}

function happensAfter(fault: Fault): boolean {
  return "after" in fault && fault.after === true;
}

/** The fault, where it is one that a listing makes itself. */
export function listingFaultOf(fault: Fault | undefined): ListingFault | undefined {
  return fault?.kind === "empty_page" || fault?.kind === "truncated_page" ? fault : undefined;
}

/** The answer as the fault leaves it, after the operation has happened. @throws {S3Error} */
export function spoil(reply: Reply, fault: Fault | undefined): Reply | Silence {
  if (fault === undefined) return reply;
  if (fault.kind === "error") throw toError(fault);
  if (fault.kind === "reset" || fault.kind === "hang") return fault.kind;
  if (fault.kind === "wrong_length") return { ...reply, length: Math.max(0, sizeOf(reply) + fault.delta) };
  if (fault.kind === "corrupt") return { ...reply, body: corrupt(reply.body) };
  if (fault.kind !== "invalid_xml") return reply;
  const whole = Buffer.concat(reply.body);
  return { ...reply, body: [whole.subarray(0, Math.floor(whole.length * 0.7))] };
}

/** Writes a reply as it is, or cut, in drops, or without end. */
export async function writeReply(
  response: ServerResponse,
  reply: Reply,
  fault: Fault | undefined,
): Promise<void> {
  const length = String(reply.length ?? sizeOf(reply));
  if (fault?.kind === "endless") {
    response.writeHead(reply.status, { ...reply.headers });
    return writeWithoutEnd(response);
  }
  response.writeHead(reply.status, { ...reply.headers, "content-length": length });
  if (fault?.kind === "cut") return writeCut(response, reply, fault.bytes ?? Math.floor(sizeOf(reply) / 2));
  if (fault?.kind === "trickle") return writeSlowly(response, reply, fault.bytesPerSecond);
  const { socket } = response;
  // A body of the wrong length leaves the connection in a state that no further answer may follow.
  if (fault?.kind === "wrong_length") response.once("finish", () => socket?.end());
  if (reply.body.length === 1) {
    response.end(reply.body[0]);
    return undefined;
  }
  for (const piece of reply.body) response.write(piece);
  response.end();
  return undefined;
}

export function sizeOf(reply: Reply): number {
  return reply.body.reduce((sum, piece) => sum + piece.length, 0);
}

function toError(fault: Extract<Fault, { kind: "error" }>): S3Error {
  const { code, status, message, elements, headers } = fault;
  return new S3Error(code, {
    ...(status === undefined ? undefined : { status }),
    ...(message === undefined ? undefined : { message }),
    ...(elements === undefined ? undefined : { elements }),
    ...(headers === undefined ? undefined : { headers }),
  });
}

function corrupt(body: readonly Buffer[]): Buffer[] {
  const copy = Buffer.concat(body);
  const middle = Math.floor(copy.length / 2);
  if (copy.length > 0) copy[middle] = (copy[middle] ?? 0) ^ 1;
  return [copy];
}

async function writeCut(response: ServerResponse, reply: Reply, bytes: number): Promise<void> {
  const part = Buffer.concat(reply.body).subarray(0, bytes);
  await new Promise<void>((resolve) => response.write(part, () => resolve()));
  response.socket?.resetAndDestroy();
}

async function writeSlowly(response: ServerResponse, reply: Reply, bytesPerSecond: number): Promise<void> {
  const body = Buffer.concat(reply.body);
  for (let at = 0; at < body.length && !response.destroyed; at += 1) {
    response.write(body.subarray(at, at + 1));
    await wait(1000 / bytesPerSecond);
  }
  response.end();
}

async function writeWithoutEnd(response: ServerResponse): Promise<void> {
  // Node throws the body of an answer to HEAD away without back pressure: there is no end to wait for.
  if (response.req.method === "HEAD") {
    response.end();
    return;
  }
  function* spaces(): Generator<Buffer> {
    for (const piece = Buffer.alloc(64 * 1024, " "); ; ) yield piece;
  }
  // The client ends it; that is no failure here.
  await pipeline(Readable.from(spaces()), response).catch(() => undefined);
}
