// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type Clock, realClock } from "./clock.ts";
import { Connection, type ProxiedConnection } from "./connection.ts";
import { checkFaults, type Fault } from "./fault.ts";

export interface FaultProxyOptions {
  /** Where the server is: a URL, or host and port. */
  readonly target: string | URL | { readonly host: string; readonly port: number };
  /** Faults of all connections from the start; default none. */
  readonly faults?: readonly Fault[];
  /** Faults of the connection with this index (0 for the first), in place of the common ones; `undefined` for those. */
  readonly faultsFor?: (index: number) => readonly Fault[] | undefined;
  /** Default: real time. */
  readonly clock?: Clock;
}

/** A TCP proxy on 127.0.0.1 in front of a server. It sees bytes only, so it serves any protocol. */
export interface FaultProxy extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** The target's URL with the proxy's host and port (`http` where the target was no URL), without a slash at the end. */
  readonly url: string;
  /** All connections so far, oldest first. */
  readonly connections: readonly ProxiedConnection[];
  /** Replaces the faults of all open connections and of those to come; without any, everything passes again. */
  setFaults(...faults: readonly Fault[]): void;
  /** Faults of the next new connection only; called several times, of the one after it, and so on. */
  setFaultsOfNext(...faults: readonly Fault[]): void;
  /** Tears all open connections down (RST on both sides). */
  resetAll(): void;
}

/**
 * Starts a fault proxy on a free port.
 *
 * ```ts
 * await using proxy = await startFaultProxy({ target: s3.endpoint });
 * proxy.setFaultsOfNext({ kind: "reset", direction: "down", afterBytes: 1000 });
 * ```
 *
 * Disposal tears all connections down and leaves the server alone.
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = targetOf(options.target);
  const { clock = realClock, faultsFor } = options;
  let faults = options.faults ?? [];
  checkFaults(faults);
  const next: (readonly Fault[])[] = [];
  const connections: Connection[] = [];
  const accept = (client: Socket): void => {
    const index = connections.length;
    const server = connect({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true });
    const own = next.shift() ?? faultsFor?.(index) ?? faults;
    checkFaults(own);
    connections.push(new Connection({ index, client, server, faults: own, clock }));
  };
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const port = portOf(listener.address());
  return {
    host: "127.0.0.1",
    port,
    url: `${target.scheme}//127.0.0.1:${port}`,
    connections,
    setFaults(...wanted) {
      checkFaults(wanted);
      faults = wanted;
      for (const connection of connections) connection.setFaults(...wanted);
    },
    setFaultsOfNext(...wanted) {
      checkFaults(wanted);
      next.push(wanted);
    },
    resetAll() {
      for (const connection of connections) connection.reset();
    },
    async [Symbol.asyncDispose]() {
      if (listener.listening) listener.close();
      for (const connection of connections) connection.reset();
      await Promise.all(connections.map(({ closed }) => closed));
    },
  };
}

function targetOf(target: FaultProxyOptions["target"]): {
  readonly host: string;
  readonly port: number;
  readonly scheme: string;
} {
  if (typeof target === "object" && !(target instanceof URL)) return { ...target, scheme: "http:" };
  const { hostname, port, protocol } = new URL(target);
  const usual = protocol === "https:" ? 443 : 80;
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? usual : Number(port),
    scheme: protocol,
  };
}

function portOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): number {
  if (address === null || typeof address === "string")
    throw new TypeError("The proxy listens on no TCP port.");
  return address.port;
}
