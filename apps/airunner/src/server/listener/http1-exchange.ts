// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Exchange } from "./exchange.ts";
import { peerOf } from "./http2-exchange.ts";

/** How long a client may go on sending a body that nobody reads, so that it can see the answer first; milliseconds. */
const lingerMs = 1000;

export class Http1Exchange implements Exchange {
  readonly httpVersion = "1.1";
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #keepAlive: () => boolean;
  #added: OutgoingHttpHeaders | undefined;
  #isClosed = false;
  #onClose: ((wasFinished: boolean) => void) | undefined;
  #onRoom: (() => void) | undefined;

  /** `keepAlive` tells whether the connection may serve another request. */
  constructor(request: IncomingMessage, response: ServerResponse, keepAlive: () => boolean) {
    this.method = request.method ?? "";
    this.url = request.url ?? "";
    this.headers = request.headers;
    this.body = request;
    this.#response = response;
    this.#keepAlive = keepAlive;
    request.on("error", ignore);
    response.on("error", ignore);
    response.once("close", () => this.#closed());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isBodyWhole(): boolean {
    return this.body.complete;
  }

  get peer(): string {
    return peerOf(this.body.socket);
  }

  addHeaders(headers: OutgoingHttpHeaders): void {
    this.#added = { ...this.#added, ...headers };
  }

  answer(status: number, headers: OutgoingHttpHeaders, body?: Uint8Array): void {
    if (this.#isGone()) return;
    const length = body?.byteLength ?? 0;
    this.#head(status, { ...headers, ...this.#added, "content-length": length });
    this.#response.end(body);
  }

  start(status: number, headers: OutgoingHttpHeaders): void {
    if (this.#isGone()) return;
    this.#head(status, { ...headers, ...this.#added });
    this.#response.flushHeaders();
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#isGone() || this.#response.write(chunk)) return undefined;
    return new Promise((resolve) => {
      this.#onRoom = resolve;
      this.#response.once("drain", resolve);
    });
  }

  finish(trailers?: OutgoingHttpHeaders): void {
    if (this.#isGone()) return;
    if (trailers !== undefined) this.#response.addTrailers(trailers);
    this.#response.end();
  }

  abort(): void {
    this.#response.destroy();
  }

  onClose(listener: (wasFinished: boolean) => void): void {
    if (this.#isClosed) listener(this.#response.writableFinished);
    else this.#onClose = listener;
  }

  #head(status: number, headers: OutgoingHttpHeaders): void {
    this.#response.shouldKeepAlive &&= this.#keepAlive();
    this.#response.writeHead(status, headers);
  }

  #isGone(): boolean {
    return this.#isClosed || this.#response.destroyed;
  }

  #closed(): void {
    this.#isClosed = true;
    this.#refuseRest();
    this.#onRoom?.();
    this.#onClose?.(this.#response.writableFinished);
  }

  /** Node reads and drops what is left of a body, however long it is; closing at once instead could lose the answer on its way. */
  #refuseRest(): void {
    const { socket } = this.body;
    if (this.body.complete || socket.destroyed) return;
    const timer = setTimeout(() => {
      if (!this.body.complete) socket.destroy();
    }, lingerMs).unref();
    socket.once("close", () => clearTimeout(timer));
    this.body.once("end", () => clearTimeout(timer));
  }
}

function ignore(): void {}
