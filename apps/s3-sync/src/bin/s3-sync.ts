// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { HealthServerError } from "@repo/health";
import {
  createLogger,
  createRedactor,
  enableLevelSignal,
  type LogDestination,
  type Logger,
  openSyncDestination,
} from "@repo/logging";
import {
  handleStandardFlags,
  loadSettings,
  runService,
  type ServiceContext,
  SettingsError,
} from "@repo/service";
import manifest from "../../package.json" with { type: "json" };
import { checkHealth } from "../health/healthcheck.ts";
import { startJobHealth } from "../health/start-health.ts";
import { helpText } from "../help.ts";
import { JobRecord } from "../job/record.ts";
import { runSync } from "../job/run-sync.ts";
import { notifyAll } from "../notify/notify-all.ts";
import { buildSummary } from "../outcome/build-summary.ts";
import { reportSummary } from "../outcome/report.ts";
import type { Summary } from "../outcome/summary.ts";
import { formatPlan } from "../plan/plan-view.ts";
import { createLiveLine, type LiveLine } from "../progress/live-line.ts";
import { proxySecrets, toRcloneEnvironment } from "../rclone/environment.ts";
import { healthSchema, terminationSchema } from "../settings/schema.ts";
import { type LoadedSettings, loadS3SyncSettings, type Settings } from "../settings/settings.ts";

const name = "s3-sync";
const { version } = manifest;

/** The job's logger as soon as there is one: it knows the secrets. */
let logger: Logger = createLogger({ name, version });

/** Standard output is JSON lines always; what people see on a terminal goes to standard error. */
async function runJob(
  loaded: LoadedSettings,
  runId: string,
  { signal, stack }: ServiceContext,
): Promise<Summary> {
  const { settings, warnings } = loaded;
  const secrets = [...loaded.secrets, ...proxySecrets(process.env)];
  using live = process.stderr.isTTY ? createLiveLine(process.stderr) : undefined;
  logger = createLogger({
    name,
    version,
    level: settings.logLevel,
    secrets,
    fields: { run_id: runId },
    destination: toDestination(live),
  });
  stack.use(enableLevelSignal(logger));
  for (const warning of warnings) logger.warn({ event: "settings" }, warning);
  const health =
    settings.health && stack.use(await startJobHealth(settings.health, settings.statsIntervalMs));
  const redact = createRedactor(secrets);
  const summary = await runSync({
    settings,
    logger,
    signal,
    environment: toRcloneEnvironment(process.env),
    secrets,
    warnings,
    toolVersion: version,
    runId,
    ...(health !== undefined && { onLife: () => health.beat() }),
    ...(live !== undefined && {
      onFigures: (figures) => live.show(figures),
      onPlan: (table) => {
        live.clear();
        process.stderr.write(redact(formatPlan(table)));
      },
    }),
  });
  live?.clear();
  await reportSummary(logger, summary, settings.terminationLogPath);
  await notifyAll({ ...settings, summary, logger, env: process.env });
  return summary;
}

/** Where both go to one terminal, the live line would overwrite a log line, or be torn by it. */
function toDestination(live: LiveLine | undefined): LogDestination {
  const stdout = openSyncDestination();
  if (live === undefined || !process.stdout.isTTY) return stdout;
  return {
    write(line) {
      live.clear();
      stdout.write(line);
    },
  };
}

/** A job whose settings are bad ends with a summary all the same: the operator looks there first. */
async function refuse(
  error: SettingsError | HealthServerError,
  settings: Settings | undefined,
  runId: string,
): Promise<number> {
  const ending = { status: "failed", exitCode: 2, failureClass: "config", reason: error.message } as const;
  const record = new JobRecord();
  const summary = buildSummary({
    ending,
    record,
    settings,
    durationMs: 0,
    toolVersion: version,
    runId,
  });
  // Without settings there is no job and no logger of a job's.
  const log = settings === undefined ? logger.child({ run_id: runId }) : logger;
  await reportSummary(log, summary, terminationPath());
  return ending.exitCode;
}

function terminationPath(): string {
  try {
    return loadSettings(terminationSchema, process.env).TERMINATION_LOG_PATH;
  } catch {
    return "/dev/termination-log";
  }
}

async function answerHealthcheck(): Promise<number> {
  try {
    const raw = loadSettings(healthSchema, process.env);
    const reason = await checkHealth(
      { rclonePath: raw.RCLONE_PATH, configDir: raw.CONFIG_DIR, statsIntervalMs: raw.STATS_INTERVAL },
      process.env,
    );
    if (reason === undefined) return 0;
    logger.error({ event: "healthcheck" }, reason);
  } catch (error) {
    logger.error({ event: "healthcheck" }, Error.isError(error) ? error.message : String(error));
  }
  return 1;
}

async function main(context: ServiceContext): Promise<number> {
  const runId = randomUUID();
  let loaded: LoadedSettings | undefined;
  try {
    loaded = loadS3SyncSettings(process.env);
    return (await runJob(loaded, runId, context)).exit_code;
  } catch (error) {
    if (error instanceof SettingsError || error instanceof HealthServerError) {
      return refuse(error, loaded?.settings, runId);
    }
    throw error;
  }
}

const argv = process.argv.slice(2);
if (!handleStandardFlags(argv, { name, version, help: helpText(), others: ["--healthcheck"] })) {
  // Longer than rclone may take to abort its uploads; shorter than the chart's terminationGracePeriodSeconds.
  const options = {
    name,
    drainMs: 50_000,
    onFatal: (error: unknown) => logger.error({ err: error }, "the process ends irregularly"),
  };
  await runService(options, argv.includes("--healthcheck") ? answerHealthcheck : main);
}
