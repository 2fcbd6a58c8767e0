// SPDX-License-Identifier: Apache-2.0
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requireProgram } from "../server/missing-server-error.ts";
import { type StartedServer, startServer } from "../server/start-server.ts";
import { waitFor } from "../wait-for.ts";

export interface NatsProgramOptions {
  /** Holds the streams. */
  readonly path: string;
  /** 0: the server chooses. */
  readonly ports: { readonly client: number; readonly monitoring: number };
  /** Text of a configuration file. */
  readonly config?: string;
}

/** Where a server listens. */
export interface NatsAddresses {
  readonly url: string;
  readonly monitoringUrl: string;
}

/**
 * Starts nats-server with JetStream.
 *
 * @throws {MissingServerError} when the machine lacks what the program comes with
 * @throws {ServerStartError} when it does not come up
 */
export async function startNatsProgram(options: NatsProgramOptions): Promise<StartedServer<NatsAddresses>> {
  const { path, ports } = options;
  const { launch } = await requireProgram("nats-server");
  return await startServer({
    name: "nats-server",
    launch,
    args: [
      ...(await configArguments(options)),
      "--addr=127.0.0.1",
      `--port=${portArgument(ports.client)}`,
      `--http_port=${portArgument(ports.monitoring)}`,
      "--jetstream",
      `--store_dir=${path}`,
      `--ports_file_dir=${path}`,
    ],
    cwd: path,
    // It writes its ports once it listens on all of them.
    ready: async ({ pid }, signal) => {
      const file = join(path, `nats-server_${pid}.ports`);
      const what = "its ports";
      const found = await waitFor(() => readPorts(file), { signal, deadlineMs: 60_000, what });
      // One that is killed leaves it, and a later server may get the same process id.
      await rm(file, { force: true });
      return found;
    },
  });
}

async function configArguments({ path, config }: NatsProgramOptions): Promise<readonly string[]> {
  if (config === undefined) return [];
  const file = join(path, "nats.conf");
  await writeFile(file, config);
  return ["--config", file];
}

function portArgument(port: number): string {
  return String(port === 0 ? -1 : port);
}

/** Reads `{"nats":["nats://127.0.0.1:41234"],"monitoring":["http://127.0.0.1:41235"]}`. */
async function readPorts(file: string): Promise<NatsAddresses> {
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
