// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import { variable } from "@repo/testbed";
import { requireProgram } from "../server/missing-server-error.ts";
import { startServer } from "../server/start-server.ts";
import { testDirectory } from "../test-directory.ts";
import { waitFor } from "../wait-for.ts";

/** A running NATS server with JetStream. */
export interface NatsServer extends AsyncDisposable {
  /** e.g. `nats://127.0.0.1:41234` */
  readonly url: string;
  /** Monitoring over HTTP (`/varz`, `/jsz`, …); `undefined` for a server of the environment. */
  readonly monitoringUrl: string | undefined;
  /** A connection, which its owner closes. */
  readonly connect: (options?: ConnectionOptions) => Promise<NatsConnection>;
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
    return handle(
      own,
      undefined,
      () => "",
      async () => {},
    );
  const { launch } = await requireProgram("nats-server");
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await testDirectory("nats"));
  const server = await startServer({
    name: "nats-server",
    launch,
    args: [
      "--addr",
      "127.0.0.1",
      "--port",
      "-1",
      "--http_port",
      "-1",
      "--jetstream",
      "--store_dir",
      path,
      "--ports_file_dir",
      path,
    ],
    cwd: path,
    // It writes its ports once it listens on all of them.
    ready: ({ pid }, signal) =>
      waitFor(() => readPorts(join(path, `nats-server_${pid}.ports`)), {
        signal,
        deadlineMs: 60_000,
        what: "its ports",
      }),
  });
  stack.use(server);
  const owned = stack.move();
  return handle(server.ready.url, server.ready.monitoringUrl, server.log, () => owned.disposeAsync());
}

function handle(
  url: string,
  monitoringUrl: string | undefined,
  log: () => string,
  stop: () => Promise<void>,
): NatsServer {
  return {
    url,
    monitoringUrl,
    connect: (options = {}) => connect({ servers: url, ...options }),
    log,
    [Symbol.asyncDispose]: stop,
  };
}

/** Reads `{"nats":["nats://127.0.0.1:41234"],"monitoring":["http://127.0.0.1:41235"]}`. */
async function readPorts(file: string): Promise<{ readonly url: string; readonly monitoringUrl: string }> {
  const ports: unknown = JSON.parse(await readFile(file, "utf8"));
  return { url: firstOf(ports, "nats"), monitoringUrl: firstOf(ports, "monitoring") };
}

function firstOf(ports: unknown, name: string): string {
  if (typeof ports === "object" && ports !== null) {
    const addresses: unknown = Object.entries(ports).find(([key]) => key === name)?.[1];
    if (Array.isArray(addresses) && typeof addresses[0] === "string") return addresses[0];
  }
  throw new Error(`the ports file names no address for ${name}`);
}
