// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from "node:http2";
import { readMessage, type WireMessage } from "./protobuf.ts";

export interface RawClientOptions {
  /** As "https://localhost:8080". */
  readonly server: string;
  /** PEM of the authority that the server's certificate comes from. */
  readonly ca?: string;
  readonly token?: string;
}

export interface GrpcAnswer {
  readonly messages: readonly WireMessage[];
  readonly headers: IncomingHttpHeaders;
  /** `grpc-status`; 0 is success. */
  readonly status: number;
  /** `grpc-message`, decoded. */
  readonly message: string;
}

/** Puts a message into an envelope of gRPC and of Connect streams: flags, length, bytes. */
export function envelope(message: Uint8Array, flags = 0): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Takes envelopes apart; the last one must be whole. */
export function readEnvelopes(
  body: Buffer,
): readonly { readonly flags: number; readonly message: Uint8Array }[] {
  const found: { flags: number; message: Uint8Array }[] = [];
  let at = 0;
  while (at < body.length) {
    const length = body.readUInt32BE(at + 1);
    const message = body.subarray(at + 5, at + 5 + length);
    if (message.length !== length) throw new Error("The body ends within an envelope.");
    found.push({ flags: body.readUInt8(at), message });
    at += 5 + length;
  }
  return found;
}

/** A gRPC client made of nothing but HTTP/2 and bytes, as PROTOCOL-HTTP2 of gRPC describes it. */
export class RawGrpcClient implements AsyncDisposable {
  readonly #session: ClientHttp2Session;
  readonly #token: string | undefined;

  constructor({ server, ca, token }: RawClientOptions) {
    this.#session = connect(server, ca === undefined ? {} : { ca });
    // An error also ends every stream, which tells the caller.
    this.#session.on("error", () => {});
    this.#token = token;
  }

  /** Opens a call; the caller writes envelopes and ends the stream. */
  open(path: string, headers: Readonly<Record<string, string>> = {}): ClientHttp2Stream {
    return this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...headers,
    });
  }

  /** Sends messages, half-closes, and reads the whole answer. */
  async call(
    path: string,
    messages: readonly Uint8Array[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<GrpcAnswer> {
    const stream = this.open(path, headers);
    for (const message of messages) stream.write(envelope(message));
    stream.end();
    return readGrpcAnswer(stream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session.destroyed) return;
    const closed = once(this.#session, "close");
    this.#session.destroy();
    await closed;
  }
}

/** Reads a call's answer to its end. */
export async function readGrpcAnswer(stream: ClientHttp2Stream): Promise<GrpcAnswer> {
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on("response", (received) => (headers = received));
  stream.on("trailers", (received) => (trailers = received));
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(stream, "close");
  const end = "grpc-status" in trailers ? trailers : headers;
  return {
    headers,
    messages: readEnvelopes(Buffer.concat(chunks)).map(({ message }) => readMessage(message)),
    status: Number(end["grpc-status"] ?? -1),
    message: decodeURIComponent(String(end["grpc-message"] ?? "")),
  };
}
