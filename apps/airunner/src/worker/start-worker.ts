// SPDX-License-Identifier: Apache-2.0
import { access, constants, mkdir } from "node:fs/promises";
import { systemClock } from "@repo/http-retry";
import { ClientError } from "../client/client-error.ts";
import type { JobClients } from "../client/create-clients.ts";
import { createConnectJobServer } from "./connect-job-server.ts";
import { startGuard } from "./process/guard.ts";
import { SpoolFolder } from "./spool/spool-folder.ts";
import { runWorker, type WorkerOptions } from "./worker.ts";
import type { JobSettings, WorkerLog } from "./worker-services.ts";

export interface StartWorkerOptions
  extends Omit<WorkerOptions, "services" | "explain">,
    Pick<JobSettings, "leaseSeconds" | "workspace" | "env" | "envAllow" | "killGraceMs"> {
  readonly clients: Pick<JobClients, "jobs" | "events" | "server" | "explain">;
  readonly log: WorkerLog;
  /** Absolute path; made where it is missing. */
  readonly spoolFolder: string;
  readonly outputGraceMs?: number;
  readonly allowFileRepositories?: boolean;
  /** See `ConnectJobServerOptions.turnMs`. */
  readonly dequeueTurnMs?: number;
}

/** What a background process that kept the terminal may still write after its parent. */
const defaultOutputGraceMs = 1000;

/**
 * Makes what a worker needs, and runs it.
 *
 * @throws {ClientError} `bad_setting` for a folder that cannot be used; see {@link runWorker}
 */
export async function startWorker(options: StartWorkerOptions): Promise<void> {
  const { clients, log, workspace, spoolFolder, dequeueTurnMs } = options;
  await makeFolder(workspace, "--workspace-dir");
  await makeFolder(spoolFolder, "--spool-dir");
  await using folder = await SpoolFolder.open({
    path: spoolFolder,
    clock: systemClock,
    onStall: (err) =>
      log.error({ spool: spoolFolder, err }, "output cannot be spooled; jobs wait until it can"),
  });
  await using guard = await startGuard();
  await runWorker({
    ...options,
    explain: (error) => clients.explain(error),
    services: {
      server: createConnectJobServer({
        address: clients.server,
        jobs: clients.jobs,
        events: clients.events,
        ...(dequeueTurnMs !== undefined && { turnMs: dequeueTurnMs }),
      }),
      folder,
      log,
      clock: systemClock,
      random: Math.random,
      guard,
      settings: {
        leaseSeconds: options.leaseSeconds,
        workspace,
        env: options.env,
        envAllow: options.envAllow,
        killGraceMs: options.killGraceMs,
        outputGraceMs: options.outputGraceMs ?? defaultOutputGraceMs,
        allowFileRepositories: options.allowFileRepositories ?? false,
      },
    },
  });
}

async function makeFolder(path: string, flag: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = Error.isError(cause) && "code" in cause ? String(cause.code) : "unknown reason";
    throw new ClientError(
      "bad_setting",
      `the folder ${path} cannot be used (${why}); choose another by ${flag}`,
      { cause },
    );
  }
}
