// SPDX-License-Identifier: Apache-2.0
import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import { variable } from "@repo/testbed";
import { testDirectory } from "../test-directory.ts";
import { startNatsProgram } from "./nats-program.ts";

export type { RestartableNats, RestartableNatsOptions } from "./restartable-nats.ts";
export { startRestartableNats } from "./restartable-nats.ts";

/** A running NATS server with JetStream. */
export interface NatsServer extends AsyncDisposable {
  /** e.g. `nats://127.0.0.1:41234` */
  readonly url: string;
  /** Monitoring over HTTP (`/varz`, `/jsz`, …); `undefined` for a server of the environment. */
  readonly monitoringUrl: string | undefined;
  /** A connection, which its owner closes. */
  readonly connect: (options?: ConnectionOptions) => Promise<NatsConnection>;
  /** Process id; `undefined` for a server of the environment. */
  readonly pid: number | undefined;
  /** What the server wrote last; empty for one of the environment. */
  readonly log: () => string;
}

/**
 * Starts nats-server with JetStream on free ports of 127.0.0.1, its streams in a folder of its own (ready after
 * about 50 ms), or uses the server of `NATS_URL`.
 *
 * Streams and buckets reserve their `max_bytes` of the disk, so give test buckets small ones.
 *
 * @throws {MissingServerError} when the machine lacks what the program comes with
 * @throws {ServerStartError} when it does not come up
 */
export async function startNats(): Promise<NatsServer> {
  const own = variable(process.env, "NATS_URL");
  if (own !== undefined)
    return {
      url: own,
      monitoringUrl: undefined,
      pid: undefined,
      connect: (options = {}) => connect({ servers: own, ...options }),
      log: () => "",
      [Symbol.asyncDispose]: async () => {},
    };
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await testDirectory("nats"));
  const server = stack.use(await startNatsProgram({ path, ports: { client: 0, monitoring: 0 } }));
  const owned = stack.move();
  const { url, monitoringUrl } = server.ready;
  return {
    url,
    monitoringUrl,
    pid: server.executable.pid,
    connect: (options = {}) => connect({ servers: url, ...options }),
    log: server.log,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
