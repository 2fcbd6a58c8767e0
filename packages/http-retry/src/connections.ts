// SPDX-License-Identifier: Apache-2.0
import type { LookupFunction } from "node:net";
import { type Dispatcher, Pool, ProxyAgent } from "undici";
import { createTrust } from "./certificates.ts";
import { type Environment, proxyFor } from "./proxy.ts";
import { createTunnelPool } from "./tunnel-pool.ts";

/** How a client reaches its origin. */
export interface ConnectionOptions {
  /** Certificates (PEM) trusted besides those Node trusts. */
  readonly caPem?: string;
  /** Takes any certificate. For tests of a set-up only: whoever sits between reads everything. Default false. */
  readonly insecureSkipVerify?: boolean;
  /** Where `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are looked up; default: no proxy. Pass the process's environment. */
  readonly env?: Environment;
  /** Sockets at most; further requests wait for one, on their own time. Default 128. */
  readonly maxConnections?: number;
  /** Milliseconds until a connection stands, TLS included; accurate to half a second. Default 10 000. */
  readonly connectTimeoutMs?: number;
  /** Resolves names; default the system's resolver. */
  readonly lookup?: LookupFunction;
}

/**
 * Milliseconds that one address of a name has before the next is tried beside it; Node's 250 gives up on a slow but
 * sound address too early (a handshake over two oceans), and more would be felt where IPv6 leads nowhere.
 */
const addressAttemptMs = 400;

/** A dispatcher for `origin`. Sockets die with `lifetime`, those still connecting included. */
export function createConnections(
  origin: URL,
  options: ConnectionOptions,
  lifetime: AbortSignal,
): { readonly dispatcher: Dispatcher; readonly isProxied: boolean } {
  const connect = connectOptions(options, lifetime);
  const proxy = options.env === undefined ? undefined : proxyFor(origin, options.env);
  const connections = options.maxConnections ?? 128;
  if (proxy === undefined) {
    return { dispatcher: new Pool(origin, { connections, allowH2: false, connect }), isProxied: false };
  }
  const dispatcher = new ProxyAgent({
    uri: proxy.href,
    clientFactory: createTunnelPool,
    connections,
    allowH2: false,
    requestTls: connect,
    proxyTls: connect,
  });
  return { dispatcher, isProxied: true };
}

function connectOptions(options: ConnectionOptions, lifetime: AbortSignal) {
  return {
    allowH2: false,
    timeout: options.connectTimeoutMs ?? 10_000,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: addressAttemptMs,
    signal: lifetime,
    rejectUnauthorized: options.insecureSkipVerify !== true,
    ...(options.caPem === undefined ? {} : { secureContext: createTrust(options.caPem) }),
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  };
}
