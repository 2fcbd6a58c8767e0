// SPDX-License-Identifier: Apache-2.0
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Logger } from "@repo/logging";
import { peerOf } from "./http2-exchange.ts";
import type { ListenerLimits } from "./limits.ts";

/** Bytes of all streams of a session that may be under way unread. */
const sessionWindowBytes = 4 * 1024 * 1024;

/** For counting of frames without use; milliseconds. */
const countingMs = 10_000;

/** Keeps one session honest: it must begin, answer PINGs, not flood, and not stay for nothing. */
export class Http2SessionGuard {
  readonly #session: ServerHttp2Session;
  readonly #limits: ListenerLimits;
  readonly #logger: Logger;
  /** Address and port of the client. */
  readonly peer: string;
  readonly #timers = new Set<NodeJS.Timeout>();
  #pingTimer: NodeJS.Timeout | undefined;
  #openStreams = 0;
  #idleSinceMs = performance.now();
  #controlFrames = 0;
  #countedSinceMs = performance.now();

  constructor(session: ServerHttp2Session, limits: ListenerLimits, logger: Logger) {
    this.#session = session;
    this.#limits = limits;
    this.#logger = logger;
    this.peer = peerOf(session.socket);
    session.on("error", (error) => logger.debug({ err: error, peer: this.peer }, "a client's HTTP/2 failed"));
    session.once("close", () => this.#stopTimers());
    session.on("ping", () => this.#countControlFrame());
    session.on("remoteSettings", () => this.#countControlFrame());
    session.setLocalWindowSize(sessionWindowBytes);
    const handshake = this.#after(limits.handshakeMs, () => this.#end("sent no settings in time"));
    session.once("remoteSettings", () => {
      this.#cancel(handshake);
      this.#watch();
    });
  }

  readonly #uncount = (): void => {
    this.#openStreams--;
    if (this.#openStreams === 0) this.#idleSinceMs = performance.now();
  };

  /** Counts a stream until it closes. */
  count(stream: ServerHttp2Stream): void {
    this.#openStreams++;
    stream.on("close", this.#uncount);
  }

  /**
   * Sends GOAWAY with the number of the last stream that was begun, and ends the session after its streams. A request that crosses the
   * GOAWAY is ignored, which its client can see by its number and send it elsewhere. (The gentler way of RFC 9113 6.8, a first
   * GOAWAY without a number, is not open to us: nghttp2 ignores new streams after any GOAWAY, so their clients would wait for ever.)
   */
  drain(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #watch(): void {
    const { pingEveryMs, idleMs } = this.#limits;
    const everyMs = Math.min(pingEveryMs > 0 ? pingEveryMs : idleMs, idleMs);
    this.#pingTimer = setInterval(() => this.#tick(), everyMs).unref();
  }

  #tick(): void {
    // A session that is over is not yet closed while its peer keeps the socket open; a PING on it would throw.
    if (this.#session.destroyed) return this.#stopTimers();
    const idleForMs = performance.now() - this.#idleSinceMs;
    if (this.#openStreams === 0 && idleForMs >= this.#limits.idleMs) this.drain();
    else if (this.#limits.pingEveryMs > 0) this.#ping();
  }

  #ping(): void {
    const { pingAnswerMs } = this.#limits;
    const timer = this.#after(pingAnswerMs, () =>
      this.#end(`did not answer a PING within ${pingAnswerMs} ms`),
    );
    const wasSent = this.#session.ping((error) => {
      if (error === null) this.#cancel(timer);
    });
    // Too many PINGs are out already; one of those has a timer.
    if (!wasSent) this.#cancel(timer);
  }

  #countControlFrame(): void {
    const nowMs = performance.now();
    if (nowMs - this.#countedSinceMs > countingMs) {
      this.#countedSinceMs = nowMs;
      this.#controlFrames = 0;
    }
    this.#controlFrames++;
    if (this.#controlFrames <= this.#limits.maxControlFrames) return;
    this.#end("sent too many PING and SETTINGS frames", constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #end(why: string, code: number = constants.NGHTTP2_NO_ERROR): void {
    if (this.#session.destroyed) return;
    this.#logger.debug({ peer: this.peer }, `ended the connection of a client that ${why}`);
    this.#session.destroy(undefined, code);
  }

  #after(delayMs: number, run: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs).unref();
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  #stopTimers(): void {
    clearInterval(this.#pingTimer);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
