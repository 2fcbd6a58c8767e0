// SPDX-License-Identifier: Apache-2.0
import { hostname } from "node:os";
import { createLogger, enableLevelSignal, isLogLevel } from "@repo/logging";
import { openPrettyDestination } from "@repo/logging/pretty";
import manifest from "../../../package.json" with { type: "json" };
import { startWorker } from "../../worker/start-worker.ts";
import { WorkerError } from "../../worker/worker.ts";
import type { WorkerFlags } from "../commands/worker.ts";
import { openClients } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { stateFolder } from "./state-folders.ts";
import { listenForStop } from "./stop-signals.ts";

/** @throws {ClientError} for settings that cannot be used, and when the server will never give this worker a job */
export async function runWorkerCommand(flags: WorkerFlags, context: CliContext): Promise<void> {
  using clients = await openClients(flags, context);
  const level = flags.logLevel ?? "info";
  const log = createLogger({
    name: "airunner-worker",
    version: manifest.version,
    level: isLogLevel(level) ? level : "info",
    destination: openPrettyDestination(),
  });
  using _level = enableLevelSignal(log);
  using stop = listenForStop((signal, count) =>
    log.warn(
      { signal },
      count === 1 ? "stopping: jobs may end; the same signal again stops them" : "stopping at once",
    ),
  );
  try {
    await startWorker({
      clients,
      log,
      queues: flags.queue ?? [{ queue: "default", weight: 1 }],
      leaseSeconds: flags.visibilityTimeout ?? flags.timeout,
      concurrency: flags.concurrency,
      name: flags.name ?? `${hostname()}:${process.pid}`,
      spoolFolder: stateFolder(
        flags.spoolDir,
        { variable: "AIRUNNER_SPOOL_DIR", folder: "spool" },
        context.env,
      ),
      workspace: stateFolder(
        flags.workspaceDir,
        { variable: "AIRUNNER_WORKSPACE_DIR", folder: "workspace" },
        context.env,
      ),
      drainMs: flags.drainTimeout,
      killGraceMs: flags.killGrace,
      env: context.env,
      envAllow: flags.envAllow ?? [],
      canTokenChange: isFromFile(flags, context),
      drain: stop.drain,
      force: stop.force,
    });
  } catch (error) {
    throw error instanceof WorkerError ? clients.explain(error.cause) : error;
  }
}

/** Only a file can get another token while the worker runs. */
function isFromFile({ token, tokenFile }: WorkerFlags, { env }: CliContext): boolean {
  if (tokenFile !== undefined && tokenFile.trim() !== "") return true;
  const isFixed = [token, env["AIRUNNER_TOKEN"]].some((text) => text !== undefined && text.trim() !== "");
  return !isFixed && (env["AIRUNNER_TOKEN_FILE"] ?? "").trim() !== "";
}
