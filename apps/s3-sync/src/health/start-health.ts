// SPDX-License-Identifier: Apache-2.0
import { type HealthServer, startHealthServer } from "@repo/health";
import { silenceLimitMs } from "./healthcheck.ts";

export interface JobHealth extends AsyncDisposable {
  /** Told of every sign of life of rclone's. */
  beat(): void;
  readonly server: HealthServer;
}

/**
 * Opens the health endpoints for the length of a job; `/livez` fails when rclone has been silent too long.
 *
 * @throws {HealthServerError} when the address cannot be had
 */
export async function startJobHealth(
  address: { readonly host: string; readonly port: number },
  statsIntervalMs: number,
  now: () => number = () => performance.now(),
): Promise<JobHealth> {
  let lastAt = now();
  const limitMs = silenceLimitMs(statsIntervalMs);
  const server = await startHealthServer({
    ...address,
    liveChecks: [
      {
        name: "rclone",
        check: () => (now() - lastAt > limitMs ? `silent for more than ${limitMs} ms` : undefined),
      },
    ],
  });
  server.markReady();
  return {
    server,
    beat() {
      lastAt = now();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
