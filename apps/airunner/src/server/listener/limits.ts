// SPDX-License-Identifier: Apache-2.0

/** What one client may cost the listener. Times are milliseconds. */
export interface ListenerLimits {
  /** From the connection's start to the end of its TLS handshake, and from then to its first bytes and HTTP/2 SETTINGS. */
  readonly handshakeMs: number;
  /** For all headers of a request of HTTP/1.1, from its first byte. */
  readonly headersMs: number;
  /** An HTTP/1.1 connection between requests, or an HTTP/2 session without streams, is closed after this time. */
  readonly idleMs: number;
  /** All headers of a request together. */
  readonly maxHeaderBytes: number;
  /** Connections at a time; more are closed at once. */
  readonly maxConnections: number;
  /** Streams that one HTTP/2 session may have open. */
  readonly maxStreamsPerSession: number;
  /** What an HTTP/2 session may hold, in MiB (Node's `maxSessionMemory`). */
  readonly maxSessionMemoryMib: number;
  /** Frames without use (PING, SETTINGS) that a client may send in ten seconds. */
  readonly maxControlFrames: number;
  /** Between the server's own PINGs; 0 sends none. */
  readonly pingEveryMs: number;
  /** A session that has not answered a PING after this time is dead. */
  readonly pingAnswerMs: number;
  /** How long `drain` waits for answers under way before it ends them; 0 does not wait. */
  readonly drainMs: number;
  /** How long answers have to leave after that, before connections are cut. */
  readonly flushMs: number;
}

export const defaultListenerLimits: ListenerLimits = {
  handshakeMs: 10_000,
  headersMs: 10_000,
  idleMs: 300_000,
  maxHeaderBytes: 16_384,
  maxConnections: 10_000,
  maxStreamsPerSession: 1000,
  maxSessionMemoryMib: 64,
  maxControlFrames: 1000,
  pingEveryMs: 20_000,
  pingAnswerMs: 20_000,
  drainMs: 20_000,
  flushMs: 1000,
};
