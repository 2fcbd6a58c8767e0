// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { ExchangeHandler } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import type { ListenerLimits } from "./limits.ts";

/** Serves HTTP/1.1 on connections that others have accepted. */
export class Http1Server implements Disposable {
  readonly #server: Server;
  #isDraining = false;

  constructor(handle: ExchangeHandler, limits: ListenerLimits) {
    this.#server = createServer({
      headersTimeout: limits.headersMs,
      keepAliveTimeout: limits.idleMs,
      maxHeaderSize: limits.maxHeaderBytes,
      // A stream of messages may take as long as it likes; bodies of one message have a limit of their own.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.max(20, Math.min(1000, limits.headersMs / 2)),
    });
    this.#server.on("request", (request, response) => {
      const exchange = new Http1Exchange(request, response, () => !this.#isDraining);
      response.once("close", () => this.#closeIdleWhileDraining());
      handle(exchange);
    });
    // Node looks after its time limits from this event on, which a server without a port of its own never has.
    this.#server.emit("listening");
  }

  serve(socket: Duplex): void {
    this.#server.emit("connection", socket);
  }

  /** Ends idle connections now and the others after their answer. */
  drain(): void {
    this.#isDraining = true;
    this.#server.closeIdleConnections();
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    // Ends the check of time limits; it was never listening, which is all that the error would say.
    this.#server.close(() => {});
  }

  #closeIdleWhileDraining(): void {
    // The connection becomes idle only after this event.
    if (this.#isDraining) setImmediate(() => this.#server.closeIdleConnections());
  }
}
