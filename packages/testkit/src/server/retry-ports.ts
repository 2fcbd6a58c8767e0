// SPDX-License-Identifier: Apache-2.0
import { freePorts } from "../free-port.ts";
import { ServerStartError } from "./start-server.ts";

const tries = 3;

/**
 * Starts a server that must be told its ports, with others if one was taken in the meantime.
 * @throws {ServerStartError} of the last try
 */
export async function withFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePorts(count));
    } catch (error) {
      const isTaken = error instanceof ServerStartError && /address already in use/i.test(error.log);
      if (!isTaken || attempt === tries) throw error;
    }
  }
}
