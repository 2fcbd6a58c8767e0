// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { resolve } from "node:path";
import { probe } from "@repo/health";
import {
  createLogger,
  enableLevelSignal,
  type LogDestination,
  type Logger,
  openSyncDestination,
} from "@repo/logging";
import { runService, type ServiceContext, SettingsError } from "@repo/service";
import { startTelemetry, type Telemetry, telemetrySecrets } from "@repo/telemetry";
import manifest from "../../package.json" with { type: "json" };
import { defaultCertificateFolder } from "../client/certificate-folder.ts";
import { runCertCommand } from "../server/certificate/cert-command.ts";
import { instruments } from "../server/metrics.ts";
import { openStore } from "../server/open-store.ts";
import { parseCommandLine, programName, type ServerCommand } from "../server/settings/command-line.ts";
import { type LoadedSettings, loadHealthAddress, loadServerSettings } from "../server/settings/settings.ts";
import { StartError } from "../server/start-error.ts";
import { startServer } from "../server/start-server.ts";

const { version } = manifest;
const usageExitCode = 2;
/** For what comes after the last call: the store, the last metrics. */
const afterDrainMs = 6_000;

type ServeCommand = Extract<ServerCommand, { readonly kind: "serve" }>;

async function serve(
  { settings, tokenSecrets, warnings }: LoadedSettings,
  isDev: boolean,
  { signal, stack }: ServiceContext,
  setLogger: (logger: Logger) => void,
): Promise<void> {
  let telemetry: Telemetry<typeof instruments> | undefined;
  const logger = createLogger({
    name: programName,
    version,
    level: settings.logLevel,
    secrets: [...tokenSecrets, ...telemetrySecrets(process.env)],
    context: () => telemetry?.logFields(),
    destination: await openDestination(isDev),
  });
  setLogger(logger);
  stack.use(enableLevelSignal(logger));
  for (const warning of warnings) logger.warn(warning);
  telemetry = stack.use(
    await startTelemetry({
      serviceName: "airunner",
      serviceVersion: version,
      env: process.env,
      instruments,
      logger,
    }),
  );
  const store = stack.use(await openStore(settings.store));
  const server = stack.use(await startServer({ settings, tokenSecrets, store, telemetry, logger }));
  if (!signal.aborted) await once(signal, "abort");
  await server.drain();
}

async function openDestination(isDev: boolean): Promise<LogDestination> {
  if (!isDev) return openSyncDestination();
  const { openPrettyDestination } = await import("@repo/logging/pretty");
  return openPrettyDestination();
}

/** Settings are read before anything runs: their drain time decides how long the process may take to end. */
async function runServer(command: ServeCommand): Promise<void> {
  let loaded: LoadedSettings;
  try {
    loaded = loadServerSettings(command.env);
  } catch (error) {
    if (error instanceof SettingsError) return refuse(command.explain(error));
    throw error;
  }
  let logger = createLogger({ name: programName, version });
  const options = {
    name: programName,
    drainMs: loaded.settings.drainMs + afterDrainMs,
    onFatal: (error: unknown) => logger.error({ err: error }, "the process ends irregularly"),
  };
  await runService(options, async (context) => {
    try {
      await serve(loaded, command.isDev, context, (made) => {
        logger = made;
      });
      return 0;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      refuse(error.message);
      return usageExitCode;
    }
  });
}

async function answerHealthcheck(): Promise<void> {
  const address = loadHealthAddress(process.env);
  if (address === undefined)
    throw new StartError("AIRUNNER_HEALTH_LISTEN is off, so there is nothing to ask.");
  const { host, port } = address;
  const isAlive = await probe({ port, ...(["*", "0.0.0.0", "::"].includes(host) ? {} : { host }) });
  if (isAlive) return;
  process.stderr.write(`${programName}: no healthy answer from port ${port}\n`);
  process.exitCode = 1;
}

function refuse(sentence: string): void {
  const text = sentence.startsWith(programName) ? sentence : `${programName}: ${sentence}`;
  process.stderr.write(`${text}\n`);
  process.exitCode = usageExitCode;
}

async function run(command: ServerCommand): Promise<void> {
  switch (command.kind) {
    case "help":
      process.stdout.write(`${command.text}\n`);
      return;
    case "version":
      process.stdout.write(`${programName} ${version}\n`);
      return;
    case "healthcheck":
      return answerHealthcheck();
    case "cert": {
      const folder =
        command.folder === undefined ? defaultCertificateFolder(process.env) : resolve(command.folder);
      process.stdout.write(`${await runCertCommand({ ...command, folder })}\n`);
      return;
    }
    case "serve":
      return runServer(command);
    default:
      command satisfies never;
  }
}

try {
  await run(parseCommandLine(process.argv.slice(2), process.env));
} catch (error) {
  if (!(error instanceof StartError || error instanceof SettingsError)) throw error;
  refuse(error.message);
}
