// SPDX-License-Identifier: MIT

import { HealthServerError } from "@repo/health";
import { createLogger, enableLevelSignal, type Logger } from "@repo/logging";
import { runService, type ServiceContext, SettingsError } from "@repo/service";
import { startTelemetry, type Telemetry, telemetrySecrets } from "@repo/telemetry";
import manifest from "../../../package.json" with { type: "json" };
import { type LoadedSettings, loadSyncSettings } from "../../settings/settings.ts";
import { instruments } from "../../telemetry/instruments.ts";
import type { CliContext } from "../cli/context.ts";
import { programName } from "../cli/program-name.ts";
import type { ServeFlags } from "../commands/serve.ts";
import { runDryRun } from "./run-dry-run.ts";
import { runSync } from "./run-sync.ts";
import { blamingFlags, withFlags } from "./serve-env.ts";

/** From the signal to the end of the process. */
const drainMs = 25_000;

/**
 * Runs the service until it is stopped.
 *
 * @returns the exit code
 * @throws {SettingsError} before anything runs
 */
export async function runServe(flags: ServeFlags, context: CliContext): Promise<number> {
  const env = withFlags(context.env, flags);
  const loaded = loadOrBlame(env, flags);
  let logger = createLogger({ name: programName, version: manifest.version, secrets: loaded.hidden });
  const onFatal = (error: unknown): void => {
    if (error instanceof HealthServerError) logger.error({ error: error.message }, "cannot start");
    else logger.error({ error }, "the process ends irregularly");
  };
  await runService({ name: programName, drainMs, onFatal }, async (service) => {
    await serve({ loaded, env, isDryRun: flags.dryRun === true }, service, (made) => {
      logger = made;
    });
  });
  return Number(process.exitCode ?? 0);
}

function loadOrBlame(env: CliContext["env"], flags: ServeFlags): LoadedSettings {
  try {
    return loadSyncSettings(env);
  } catch (error) {
    throw error instanceof SettingsError ? blamingFlags(error, flags) : error;
  }
}

interface ServeOptions {
  readonly loaded: LoadedSettings;
  readonly env: CliContext["env"];
  readonly isDryRun: boolean;
}

async function serve(
  { loaded, env, isDryRun }: ServeOptions,
  { signal, stack }: ServiceContext,
  setLogger: (logger: Logger) => void,
): Promise<void> {
  let telemetry: Telemetry<typeof instruments> | undefined;
  const logger = createLogger({
    name: programName,
    version: manifest.version,
    level: loaded.settings.isDebug ? "debug" : "info",
    secrets: [...loaded.hidden, ...telemetrySecrets(env)],
    context: () => telemetry?.logFields(),
  });
  setLogger(logger);
  stack.use(enableLevelSignal(logger));
  for (const warning of loaded.warnings) logger.warn(warning);
  telemetry = stack.use(
    await startTelemetry({
      serviceName: programName,
      serviceVersion: manifest.version,
      env,
      instruments,
      logger,
    }),
  );
  const options = { loaded, env, logger, telemetry, signal, stack };
  await (isDryRun ? runDryRun(options) : runSync(options));
}
