// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Logger } from "@repo/logging";
import { type Destinations, tellApart } from "./front-door.ts";
import { Http1Server } from "./http1-server.ts";
import { peerOf } from "./http2-exchange.ts";
import { Http2Sessions } from "./http2-server.ts";
import { defaultListenerLimits, type ListenerLimits } from "./limits.ts";
import type { Listener, ListenerOptions } from "./listener-options.ts";

/**
 * Opens one port that speaks HTTP/1.1 and HTTP/2, over TLS or in plain text.
 *
 * @throws Node's error (`EADDRINUSE`, …) when the port cannot be had, or when certificate and key are not a pair
 */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const limits = { ...defaultListenerLimits, ...options.limits };
  const listener = new OpenListener(options, limits);
  await listener.open(options.host, options.port);
  return listener;
}

class OpenListener implements Listener {
  readonly #options: ListenerOptions;
  readonly #limits: ListenerLimits;
  readonly #http1: Http1Server;
  readonly #http2: Http2Sessions;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  /** Connections that have not yet said what they speak. */
  readonly #undecided = new Set<Socket>();
  #port = 0;
  #drained: Promise<void> | undefined;

  constructor(options: ListenerOptions, limits: ListenerLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#http1 = new Http1Server(options.handle, limits);
    this.#http2 = new Http2Sessions({ handle: options.handle, limits, logger: options.logger });
    this.#server = this.#createServer(options.logger);
    this.#server.maxConnections = limits.maxConnections;
    this.#server.on("connection", (socket: Socket) => this.#track(socket));
  }

  get port(): number {
    return this.#port;
  }

  async open(host: string, port: number): Promise<void> {
    this.#server.listen({ host, port });
    await once(this.#server, "listening");
    this.#port = addressOf(this.#server).port;
  }

  drain(): Promise<void> {
    this.#drained ??= this.#close(this.#limits.drainMs);
    return this.#drained;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drained ??= this.#close(0);
    await this.#drained;
  }

  #createServer(logger: Logger): Server {
    const { tls } = this.#options;
    const { handshakeMs } = this.#limits;
    const accept = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const destinations: Destinations = {
      http1: (socket) => this.#decided(socket, () => this.#http1.serve(socket)),
      http2: (socket) => this.#decided(socket, () => this.#http2.serve(socket)),
    };
    const sniff = (socket: Socket): void => {
      this.#undecided.add(socket);
      socket.once("close", () => this.#undecided.delete(socket));
      tellApart(socket, handshakeMs, destinations);
    };
    if (tls === undefined) return createServer(accept, sniff);
    const server = createTlsServer({
      ...accept,
      ...tls,
      ALPNProtocols: ["h2", "http/1.1"],
      minVersion: "TLSv1.2",
      handshakeTimeout: handshakeMs,
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      if (socket.alpnProtocol === "h2") this.#http2.serve(socket);
      else sniff(socket);
    });
    server.on("tlsClientError", (error, socket) => {
      logger.debug({ err: error, peer: peerOf(socket) }, "a TLS handshake failed");
      // Node reports one that takes too long, and leaves it open.
      socket.destroy();
    });
    return server;
  }

  #decided(socket: Socket, serve: () => void): void {
    this.#undecided.delete(socket);
    serve();
  }

  #track(socket: Socket): void {
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
  }

  async #close(drainMs: number): Promise<void> {
    const closed = once(this.#server, "close").then(() => {});
    this.#server.close();
    for (const socket of this.#undecided) socket.destroy();
    this.#http2.drain();
    this.#http1.drain();
    this.#options.onDrain?.("begin");
    if (!(await settlesWithin(closed, drainMs))) {
      this.#options.onDrain?.("deadline");
      if (!(await settlesWithin(closed, this.#limits.flushMs))) this.#cut();
    }
    await closed;
    this.#http1[Symbol.dispose]();
  }

  #cut(): void {
    this.#http2[Symbol.dispose]();
    for (const socket of this.#connections) socket.destroy();
  }
}

async function settlesWithin(closed: Promise<void>, timeoutMs: number): Promise<boolean> {
  if (timeoutMs === 0) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([closed.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("The server has no port.");
  return address;
}
