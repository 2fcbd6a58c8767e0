// SPDX-License-Identifier: MIT
import type { NodeConnectionOptions } from "@nats-io/transport-node";

/** Where NATS is, as the client takes it. */
export interface NatsServers {
  readonly options: Pick<NodeConnectionOptions, "servers" | "user" | "pass" | "token" | "tls">;
  /** For people: hosts and ports without credentials. */
  readonly shown: string;
}

const defaultPort = 4222;

/**
 * Reads one or several addresses, separated by commas: `nats://user:password@host:4222`, `nats://token@host`,
 * `tls://host`, `host:4222`. Credentials stand in any of them and go for all.
 *
 * @throws {TypeError} a sentence without the address, which may hold credentials
 */
export function parseNatsServers(text: string): NatsServers {
  const urls = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseOne);
  if (urls.length === 0) throw new TypeError("NATS_URL names no server; set it to nats://host:4222.");
  const servers = urls.map((url) => `${url.hostname}:${url.port === "" ? defaultPort : url.port}`);
  const withUser = urls.find((url) => url.username !== "");
  const needsTls = urls.some((url) => url.protocol === "tls:");
  return {
    options: { servers, ...credentialsOf(withUser), ...(needsTls ? { tls: {} } : {}) },
    shown: servers.join(", "),
  };
}

function parseOne(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`);
  if (url === null || url.hostname === "" || !["nats:", "tls:"].includes(url.protocol)) {
    throw new TypeError("An address in NATS_URL is none; it has the form nats://user:password@host:4222.");
  }
  return url;
}

function credentialsOf(url: URL | undefined): Pick<NodeConnectionOptions, "user" | "pass" | "token"> {
  if (url === undefined) return {};
  const user = decoded(url.username);
  return url.password === "" ? { token: user } : { user, pass: decoded(url.password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A password with a bare percent sign, as other clients take it.
    return text;
  }
}
