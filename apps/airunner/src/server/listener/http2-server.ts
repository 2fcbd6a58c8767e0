// SPDX-License-Identifier: Apache-2.0
import { createServer, type Http2Server } from "node:http2";
import type { Duplex } from "node:stream";
import type { Logger } from "@repo/logging";
import type { ExchangeHandler } from "./exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import { Http2SessionGuard } from "./http2-session-guard.ts";
import type { ListenerLimits } from "./limits.ts";

/** Bytes of one stream that may be under way unread: 20 MB/s over a line with 50 ms. */
const streamWindowBytes = 1024 * 1024;

export interface Http2ServerOptions {
  readonly handle: ExchangeHandler;
  readonly limits: ListenerLimits;
  readonly logger: Logger;
}

/** Serves HTTP/2 on connections that others have accepted. */
export class Http2Sessions implements Disposable {
  readonly #server: Http2Server;
  readonly #guards = new Set<Http2SessionGuard>();

  constructor({ handle, limits, logger }: Http2ServerOptions) {
    this.#server = createServer({
      maxSessionMemory: limits.maxSessionMemoryMib,
      maxSessionInvalidFrames: 100,
      maxSessionRejectedStreams: 100,
      streamResetBurst: 1000,
      streamResetRate: 100,
      settings: {
        maxConcurrentStreams: limits.maxStreamsPerSession,
        maxHeaderListSize: limits.maxHeaderBytes,
        initialWindowSize: streamWindowBytes,
      },
    });
    this.#server.on("session", (session) => {
      const guard = new Http2SessionGuard(session, limits, logger);
      this.#guards.add(guard);
      session.once("close", () => this.#guards.delete(guard));
      session.on("stream", (stream, headers) => {
        guard.count(stream);
        handle(new Http2Exchange(stream, headers, guard.peer));
      });
    });
    this.#server.on("sessionError", (error) => logger.debug({ err: error }, "an HTTP/2 session failed"));
  }

  serve(socket: Duplex): void {
    this.#server.emit("connection", socket);
  }

  /** Tells every client to send no more, and ends each session after its last stream. */
  drain(): void {
    for (const guard of this.#guards) guard.drain();
  }

  [Symbol.dispose](): void {
    for (const guard of this.#guards) guard.destroy();
  }
}
