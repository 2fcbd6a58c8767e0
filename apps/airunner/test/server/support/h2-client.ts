// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { TestServer } from "./test-server.ts";

export interface H2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly rstCode: number;
  /** DATA frames as they came, roughly: pieces that were read. */
  readonly pieces: number;
}

/** HTTP/2 as bytes and headers, without a library that would hide what is wrong. */
export class H2Client implements AsyncDisposable {
  readonly session: ClientHttp2Session;

  constructor(
    server: Pick<TestServer, "url" | "ca">,
    settings: { readonly initialWindowSize?: number } = {},
  ) {
    this.session = connect(server.url, { ...(server.ca !== undefined && { ca: server.ca }), settings });
    // It also ends every stream, which tells the caller.
    this.session.on("error", () => {});
  }

  open(path: string, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    const stream = this.session.request({ ":method": "POST", ":path": path, ...headers });
    stream.on("error", () => {});
    return stream;
  }

  async call(path: string, headers: OutgoingHttpHeaders, body?: Uint8Array): Promise<H2Answer> {
    const stream = this.open(path, headers);
    stream.end(body);
    return readAnswer(stream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session.destroyed) return;
    const closed = once(this.session, "close");
    this.session.destroy();
    await closed;
  }
}

export async function readAnswer(stream: ClientHttp2Stream): Promise<H2Answer> {
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  const pieces: Buffer[] = [];
  stream.on("response", (received) => (headers = received));
  stream.on("trailers", (received) => (trailers = received));
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  if (!stream.closed || !stream.destroyed) await once(stream, "close");
  return {
    status: Number(headers[":status"] ?? 0),
    headers,
    trailers,
    body: Buffer.concat(pieces),
    rstCode: stream.rstCode ?? 0,
    pieces: pieces.length,
  };
}
