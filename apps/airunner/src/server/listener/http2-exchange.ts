// SPDX-License-Identifier: Apache-2.0
import type { OutgoingHttpHeaders } from "node:http";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";

/** An exchange over Node's core stream API, which is cheaper than its request and response objects. */
export class Http2Exchange implements Exchange {
  readonly httpVersion = "2.0";
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: ServerHttp2Stream;
  readonly peer: string;
  #added: OutgoingHttpHeaders | undefined;
  #isClosed = false;
  #wasFinished = false;
  #onClose: ((wasFinished: boolean) => void) | undefined;
  #onRoom: (() => void) | undefined;

  /** `peer` is the session's: Node finds out a socket's address anew each time, which a call would pay for. */
  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, peer: string) {
    this.method = headers[":method"] ?? "";
    this.url = headers[":path"] ?? "";
    this.headers = headers;
    this.body = stream;
    this.peer = peer;
    // Whatever ends a stream is followed by its close; an error without listener would end the process.
    stream.on("error", ignore);
    // Comes once by itself; to be rid of a listener costs as much as to add it.
    stream.on("close", () => this.#closed());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isBodyWhole(): boolean {
    return !this.body.aborted;
  }

  addHeaders(headers: OutgoingHttpHeaders): void {
    this.#added = { ...this.#added, ...headers };
  }

  answer(status: number, headers: OutgoingHttpHeaders, body?: Uint8Array): void {
    if (this.#isGone()) return;
    const isEmpty = body === undefined || body.byteLength === 0;
    this.body.respond({ ":status": status, ...headers, ...this.#added }, { endStream: isEmpty });
    if (!isEmpty) this.body.end(body);
    this.#refuseRest();
  }

  start(status: number, headers: OutgoingHttpHeaders, options?: { readonly trailers?: boolean }): void {
    if (this.#isGone()) return;
    const waitForTrailers = options?.trailers === true;
    this.body.respond({ ":status": status, ...headers, ...this.#added }, { waitForTrailers });
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#isGone() || this.body.write(chunk)) return undefined;
    return new Promise((resolve) => {
      this.#onRoom = resolve;
      this.body.once("drain", resolve);
    });
  }

  finish(trailers?: OutgoingHttpHeaders): void {
    if (this.#isGone()) return;
    if (trailers !== undefined) {
      this.body.once("wantTrailers", () => {
        this.body.sendTrailers(trailers);
        this.#refuseRest();
      });
    }
    this.body.end();
    if (trailers === undefined) this.#refuseRest();
  }

  abort(): void {
    this.body.close(constants.NGHTTP2_CANCEL);
  }

  onClose(listener: (wasFinished: boolean) => void): void {
    if (this.#isClosed) listener(this.#wasFinished);
    else this.#onClose = listener;
  }

  /** RST_STREAM without an error, after what was written: nobody will read what is left of the request (RFC 9113 8.1). */
  #refuseRest(): void {
    if (!this.body.readableEnded) this.body.close(constants.NGHTTP2_NO_ERROR);
  }

  #isGone(): boolean {
    return this.#isClosed || this.body.destroyed || this.body.closed;
  }

  #closed(): void {
    this.#isClosed = true;
    this.#wasFinished = this.body.writableFinished && this.body.rstCode === constants.NGHTTP2_NO_ERROR;
    this.#onRoom?.();
    this.#onClose?.(this.#wasFinished);
  }
}

function ignore(): void {}

/** As "127.0.0.1:51234"; "" for a socket that has gone. */
export function peerOf(socket: Pick<Socket, "remoteAddress" | "remotePort"> | undefined): string {
  const address = socket?.remoteAddress;
  if (address === undefined) return "";
  return `${address.includes(":") ? `[${address}]` : address}:${socket?.remotePort ?? 0}`;
}
