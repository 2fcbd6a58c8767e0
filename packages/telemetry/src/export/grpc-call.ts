// SPDX-License-Identifier: Apache-2.0
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export interface UnaryCall {
  readonly session: ClientHttp2Session;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The encoded message. */
  readonly data: Uint8Array;
  readonly compression: "gzip" | "none";
  /** Milliseconds; the server is told too. */
  readonly timeoutMs: number;
}

/** What gRPC answers instead of a message. */
export class GrpcStatusError extends Error {
  override readonly name: string = "GrpcStatusError";
  /** 1 to 16, as in https://grpc.io/docs/guides/status-codes/. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The codes after which OTLP lets a client try again. @see https://opentelemetry.io/docs/specs/otlp/#failures */
const retryable = new Set([1, 4, 8, 10, 11, 14, 15]);

export function isRetryableStatus(code: number): boolean {
  return retryable.has(code);
}

/** An answer of ours is some bytes; more is no answer of a collector. */
const maxAnswerBytes = 4_194_304;

/**
 * @returns the encoded answer
 * @throws {GrpcStatusError} what the server says, or 4 when the time is over; the connection's error otherwise
 */
export async function unaryCall(call: UnaryCall): Promise<Uint8Array> {
  const body = await frame(call.data, call.compression);
  const stream = call.session.request({
    ...call.headers,
    ":method": "POST",
    ":path": call.path,
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": `${Math.max(1, Math.ceil(call.timeoutMs))}m`,
    ...(call.compression === "gzip" && { "grpc-encoding": "gzip" }),
  });
  const timer = setTimeout(
    () => stream.destroy(new GrpcStatusError(4, `no answer within ${Math.round(call.timeoutMs)} ms`)),
    Math.max(1, call.timeoutMs),
  );
  try {
    stream.end(body);
    return await answerOf(stream);
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

/** One byte that says whether it is compressed, four of length, the message. */
async function frame(data: Uint8Array, compression: "gzip" | "none"): Promise<Buffer> {
  const message = compression === "gzip" ? await promisify(gzip)(data) : data;
  const head = Buffer.alloc(5);
  head.writeUInt8(compression === "gzip" ? 1 : 0, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

async function answerOf(stream: ClientHttp2Stream): Promise<Uint8Array> {
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on("response", (received) => {
    headers = received;
  });
  stream.on("trailers", (received) => {
    trailers = received;
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxAnswerBytes) throw new GrpcStatusError(8, "the answer is too long");
    chunks.push(chunk);
  }
  // An answer without a message carries its status in the headers.
  checkStatus(headers, "grpc-status" in headers ? headers : trailers);
  return Buffer.concat(chunks).subarray(5);
}

function checkStatus(headers: IncomingHttpHeaders, end: IncomingHttpHeaders): void {
  const status = end["grpc-status"];
  if (status === "0") return;
  if (status !== undefined) throw new GrpcStatusError(Number(status), messageOf(end["grpc-message"]));
  const http = Number(headers[":status"] ?? 0);
  if (http === 0) throw new Error("the connection was closed before an answer came");
  throw new GrpcStatusError(codeOfHttp(http), `the answer is HTTP ${http} without a gRPC status`);
}

function messageOf(text: string | string[] | undefined): string {
  try {
    return decodeURIComponent(String(text ?? "no reason given"));
  } catch {
    return String(text);
  }
}

/** As https://grpc.github.io/grpc/core/md_doc_http-grpc-status-mapping.html has it. */
function codeOfHttp(status: number): number {
  if (status === 401) return 16;
  if (status === 403) return 7;
  if (status === 404) return 12;
  if (status === 429 || status === 502 || status === 503 || status === 504) return 14;
  return 2;
}
