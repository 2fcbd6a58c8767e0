// SPDX-License-Identifier: Apache-2.0
import type { Server } from "node:net";

/** The TCP port of a listening server. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new TypeError("The server does not listen on a TCP port");
  return address.port;
}
