// SPDX-License-Identifier: Apache-2.0
import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import { withFreePorts } from "../server/retry-ports.ts";
import type { StartedServer } from "../server/start-server.ts";
import { testDirectory } from "../test-directory.ts";
import { type NatsAddresses, startNatsProgram } from "./nats-program.ts";

export interface RestartableNatsOptions {
  /** Text of a configuration file, e.g. `authorization { user: a, password: b }`; default none. */
  readonly config?: string;
}

/** A NATS server that goes away and comes back on the same port with the same streams. */
export interface RestartableNats extends AsyncDisposable {
  /** e.g. `nats://127.0.0.1:21234`; the same after a restart. */
  readonly url: string;
  readonly monitoringUrl: string;
  /** A connection, which its owner closes. */
  readonly connect: (options?: ConnectionOptions) => Promise<NatsConnection>;
  /** What the server wrote last. */
  readonly log: () => string;
  /** Ends it: in order by default, with `crash` by SIGKILL. Nothing happens when it does not run. */
  readonly stop: (how?: "in-order" | "crash") => Promise<void>;
  /** Starts it again, with another configuration file if one is given. Nothing happens when it runs. */
  readonly start: (options?: RestartableNatsOptions) => Promise<void>;
}

/**
 * Starts a NATS server of one's own, whatever `NATS_URL` says, for tests that stop it or need a configuration.
 *
 * @throws {MissingServerError} when the machine lacks what the program comes with
 * @throws {ServerStartError} when it does not come up
 */
export async function startRestartableNats(options: RestartableNatsOptions = {}): Promise<RestartableNats> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await testDirectory("nats"));
  const { server, ports } = await withFreePorts(2, async ([client = 0, monitoring = 0]) => {
    const ports = { client, monitoring };
    return { server: await startNatsProgram({ path, ports, ...options }), ports };
  });
  let config = options;
  let running: StartedServer<NatsAddresses> | undefined = server;
  let log = server.log;
  const stop = async (how: "in-order" | "crash" = "in-order"): Promise<void> => {
    const ending = running;
    running = undefined;
    ending?.executable.kill(how === "crash" ? "SIGKILL" : "SIGTERM");
    await ending?.executable.waitForExit();
    await ending?.[Symbol.asyncDispose]();
  };
  stack.defer(() => stop("crash"));
  const owned = stack.move();
  const { url, monitoringUrl } = server.ready;
  return {
    url,
    monitoringUrl,
    connect: (more = {}) => connect({ servers: url, ...more }),
    log: () => log(),
    stop,
    async start(other) {
      if (running !== undefined) return;
      config = other ?? config;
      running = await startNatsProgram({ path, ports, ...config });
      log = running.log;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
