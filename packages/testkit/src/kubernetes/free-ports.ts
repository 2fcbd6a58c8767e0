// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Ports of 127.0.0.1 that nothing listens on now, all different.
 *
 * For programs that cannot be told to choose one. Between this answer and their start another program may
 * take one; the kernel hands ports out in turn, so that is rare.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(async (server) => {
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        const address = server.address();
        if (address === null || typeof address === "string") throw new Error("no TCP address");
        return address.port;
      }),
    );
  } finally {
    for (const server of servers) server.close();
  }
}
