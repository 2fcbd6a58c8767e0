// SPDX-License-Identifier: Apache-2.0
import { get } from "node:http";

export interface ProbeOptions {
  /** Default 127.0.0.1, which a server on all interfaces answers too. */
  readonly host?: string;
  readonly port: number;
  /** Default `/livez`. */
  readonly path?: string;
  /** For everything together; default 2,000 ms. */
  readonly timeoutMs?: number;
}

/** Asks a health endpoint, for an image's HEALTHCHECK. Never rejects: whatever is not a 2xx in time is `false`. */
export function probe(options: ProbeOptions): Promise<boolean> {
  const { host = "127.0.0.1", port, path = "/livez", timeoutMs = 2000 } = options;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  try {
    const request = get(
      { host, port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const { statusCode = 0 } = response;
        resolve(statusCode >= 200 && statusCode < 300);
        // The answer is known; what else the server has to say does not matter.
        response.destroy();
      },
    );
    request.on("error", () => resolve(false));
  } catch {
    resolve(false);
  }
  return promise;
}
