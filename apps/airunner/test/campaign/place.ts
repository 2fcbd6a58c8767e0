// SPDX-License-Identifier: Apache-2.0
import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createJobClients, type JobClients } from "../../src/client/create-clients.ts";
import { type Airunner, requireBundle } from "../support/airunner.ts";
import { createFacts, type Facts } from "./facts.ts";

/** What all parts of a campaign share. */
export interface Place {
  readonly folder: string;
  readonly server: Airunner;
  /** A copy of the built CLI, which no build replaces while workers are started again and again. */
  readonly cli: string;
  readonly facts: Facts;
  /** Calls that no fault stands in the way of. */
  readonly control: JobClients;
  /** Clients that reach the server by another address, a proxy's; they notice a silent connection soon. */
  clientsBy(address: string): JobClients;
  /** Arguments and environment by which a command reaches the server by another address. */
  reach(address: string): {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
  };
}

export async function createPlace(server: Airunner, folder: string): Promise<Place & Disposable> {
  const bundle = join(folder, "bundle");
  await cp(dirname(requireBundle("airunner-cli")), bundle, { recursive: true });
  const clientsBy = (address: string): JobClients =>
    createJobClients({
      server: address,
      token: () => server.token,
      trust: { certificates: [server.ca], source: "the campaign" },
      pingIntervalMs: 2000,
      pingTimeoutMs: 2000,
    });
  const control = createJobClients({
    server: server.server,
    token: () => server.token,
    trust: { certificates: [server.ca], source: "the campaign" },
  });
  return {
    folder,
    server,
    cli: join(bundle, "airunner-cli.mjs"),
    facts: createFacts(),
    control,
    clientsBy,
    reach: (address) => ({
      args: ["--server", address],
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        AIRUNNER_TOKEN: server.token,
        AIRUNNER_CA_CERT: server.caFile,
      },
    }),
    [Symbol.dispose]: () => control[Symbol.dispose](),
  };
}
