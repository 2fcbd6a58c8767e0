// SPDX-License-Identifier: Apache-2.0
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the range from which Linux takes ports of outgoing connections (32768 and up): a port from there may be
 * taken by a client between our look and the server's start.
 */
const range = { from: 15_000, to: 32_000 };

/** How often a random port may be taken before something else must be wrong. */
const tries = 100;

/**
 * A TCP port of 127.0.0.1 that nothing listens on right now.
 *
 * Only for programs that cannot take port 0 and tell which they got. Another process may take it first, so
 * start such a program again with other ports when it says that its address is in use.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = randomInt(range.from, range.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`found no free port between ${range.from} and ${range.to} on 127.0.0.1 in ${tries} tries`);
}

/** Several different free ports. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}
