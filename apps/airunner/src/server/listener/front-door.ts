// SPDX-License-Identifier: Apache-2.0
import type { Socket } from "node:net";

/** What a client of HTTP/2 says first (RFC 9113 3.4); no request of HTTP/1.1 begins like this. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Enough of it to know: no method of HTTP/1.1 begins with these three letters. */
const tellingBytes = 3;

/** Where a connection goes once its version is known. */
export interface Destinations {
  readonly http1: (socket: Socket) => void;
  readonly http2: (socket: Socket) => void;
}

/**
 * Tells HTTP/2 with prior knowledge and HTTP/1.1 apart by the first bytes of a connection, and hands it on with these bytes put back.
 * A connection that stays silent for `timeoutMs` is closed.
 */
export function tellApart(socket: Socket, timeoutMs: number, { http1, http2 }: Destinations): void {
  let first = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs).unref();
  socket.on("error", ignore);
  socket.once("close", stop);
  socket.on("readable", look);
  // One that ends without a word.
  socket.once("end", leave);

  function look(): void {
    const more: unknown = socket.read();
    if (!Buffer.isBuffer(more)) return;
    first = Buffer.concat([first, more]);
    const version = versionOf(first);
    if (version === undefined) return;
    stop();
    // Only now: what is put back makes the socket readable again.
    socket.unshift(first);
    // The next owner listens for errors itself; its listener is added within this call.
    (version === 2 ? http2 : http1)(socket);
    socket.off("error", ignore);
  }

  function leave(): void {
    socket.destroy();
  }

  function stop(): void {
    clearTimeout(timer);
    socket.off("end", leave);
    socket.off("readable", look);
    socket.off("close", stop);
  }
}

function versionOf(first: Buffer): 1 | 2 | undefined {
  const length = Math.min(first.length, tellingBytes);
  if (!first.subarray(0, length).equals(preface.subarray(0, length))) return 1;
  return length === tellingBytes ? 2 : undefined;
}

function ignore(): void {}
