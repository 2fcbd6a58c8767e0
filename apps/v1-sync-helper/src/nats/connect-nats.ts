// SPDX-License-Identifier: MIT
import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@repo/logging";
import { type Clock, systemClock } from "../clock.ts";
import { Connections } from "./connections.ts";
import type { LinkListener, NatsLink, RequestOptions } from "./nats-link.ts";
import { parseNatsServers } from "./servers.ts";
import { natsUnavailable } from "./unavailable.ts";

export interface ConnectNatsOptions {
  /** `NATS_URL`; may hold credentials and name several servers. */
  readonly url: string;
  /** As the server's list of connections shows it. */
  readonly name: string;
  readonly logger?: Logger;
  /** Milliseconds after which a request without an answer fails; default 5 000. */
  readonly requestTimeoutMs?: number;
  /**
   * Milliseconds between two pings; default 5 000. A server that stops answering is given up after three of them.
   */
  readonly pingIntervalMs?: number;
  /** Default: the system's. Paces the tries to connect. */
  readonly clock?: Clock;
}

/**
 * Opens the way to NATS and returns at once, whether NATS is there or not; it is looked for in the background, for
 * ever.
 *
 * @throws {TypeError} when the URL is none
 */
export async function connectNats(options: ConnectNatsOptions): Promise<NatsLink> {
  const { requestTimeoutMs = 5_000, pingIntervalMs = 5_000, clock = systemClock } = options;
  const { url, name, logger } = options;
  const connections = new Connections({
    servers: parseNatsServers(url),
    name,
    pingIntervalMs,
    clock,
    logger,
  });
  const listeners = new Set<LinkListener>();
  connections.onEvent = (event, refusal) => {
    for (const listener of listeners) listener(connections.status(), event, refusal);
  };
  connections.start();
  let draining: Promise<void> | undefined;
  const drain = (deadlineMs = 25_000): Promise<void> => (draining ??= connections.drain(deadlineMs));
  return {
    status: () => connections.status(),
    onStatus(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    connection: (signal) => untilAborted(connections.first, signal),
    request(subject, payload = "", { headers, timeoutMs = requestTimeoutMs }: RequestOptions = {}) {
      const mux = connections.usable;
      if (mux !== undefined) return mux.request(subject, payload, headers, timeoutMs);
      const startedMs = performance.now();
      return connections.waitUntilUsable(timeoutMs).then((later) => {
        if (later === undefined) {
          throw natsUnavailable(connections.status().reason ?? "There is no connection to NATS.");
        }
        const leftMs = Math.max(1, timeoutMs - (performance.now() - startedMs));
        return later.request(subject, payload, headers, leftMs);
      });
    },
    drain,
    [Symbol.asyncDispose]: () => drain(),
  };
}

async function untilAborted(
  connection: () => Promise<NatsConnection>,
  signal: AbortSignal | undefined,
): Promise<NatsConnection> {
  if (signal === undefined) return await connection();
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([connection(), promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
