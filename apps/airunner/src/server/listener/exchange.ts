// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/**
 * One request and the way to its answer, the same for HTTP/1.1 and HTTP/2.
 *
 * An answer is either `answer` once, or `start`, any `write`s and `finish`. Whatever is called after the client has gone does
 * nothing, so a handler need not look.
 */
export interface Exchange {
  readonly httpVersion: "1.1" | "2.0";
  /** As "POST". */
  readonly method: string;
  /** Path and query as they came, as "/health?x=1". */
  readonly url: string;
  /** Names are lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The request's body. Not read unless the handler does; the rest of an unread one is refused when the answer ends. */
  readonly body: Readable;
  /** Once the body has ended: whether it came whole. Node ends that of a stream which the client has reset as if it were. */
  readonly isBodyWhole: boolean;
  /** True once the client has gone or the answer was sent to its end. */
  readonly isClosed: boolean;
  /** Address and port of the client, as "127.0.0.1:51234" or "[::1]:51234"; "" where it went before anybody asked. */
  readonly peer: string;
  /** Adds headers to the answer to come (CORS). */
  addHeaders(headers: OutgoingHttpHeaders): void;
  /** Sends a whole answer. Names in `headers` are lower case. */
  answer(status: number, headers: OutgoingHttpHeaders, body?: Uint8Array): void;
  /** Sends the head of an answer whose body follows. Call with `trailers: true` where `finish` brings trailers. */
  start(status: number, headers: OutgoingHttpHeaders, options?: { readonly trailers?: boolean }): void;
  /**
   * Sends a part of the body, which must not change afterwards.
   *
   * @returns nothing while there is room, or a promise that settles when there is room again or the client has gone
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** Ends an answer begun by `start`. */
  finish(trailers?: OutgoingHttpHeaders): void;
  /** Ends the exchange at once, without an answer or in its middle: RST_STREAM, or the end of an HTTP/1.1 connection. */
  abort(): void;
  /** Calls `listener` once, when `isClosed` becomes true; `wasFinished` unless the client left first. At most one listener. */
  onClose(listener: (wasFinished: boolean) => void): void;
}

export type ExchangeHandler = (exchange: Exchange) => void;
