// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import { createRedactor } from "@repo/logging";
import { createHeartbeat } from "../health/heartbeat.ts";
import type { NameReport } from "../names/index.ts";
import { buildSummary, redactSummary } from "../outcome/build-summary.ts";
import { decideEnding } from "../outcome/ending.ts";
import type { Summary } from "../outcome/summary.ts";
import type { PrefixTable } from "../plan/prefix-table.ts";
import { createLineRelay } from "../progress/line-relay.ts";
import { createProgress, type ProgressFigures } from "../progress/progress.ts";
import { toCaBundle } from "../rclone/ca-bundle.ts";
import { createRunDirectory, explainWriteError, type RunDirectory } from "../rclone/config-directory.ts";
import { toConfigText } from "../rclone/config-text.ts";
import { featuresOf, type RcloneVersion } from "../rclone/version.ts";
import type { Settings } from "../settings/settings.ts";
import { toPublicSide } from "../side.ts";
import { Budget } from "./budget.ts";
import { checkSides } from "./check-sides.ts";
import { explainFailure, explainStop } from "./explain-failure.ts";
import type { JobContext } from "./job-context.ts";
import { LoggedRecord } from "./logged-record.ts";
import type { JobRecord } from "./record.ts";
import { runSteps } from "./steps.ts";

/** Statistics for a live line; a pod's events come at `STATS_INTERVAL`. */
const LIVE_STATS_MS = 500;

export interface SyncOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Aborted to stop the job; a reason with a `signal` such as `SIGINT` decides the exit code. */
  readonly signal: AbortSignal;
  /** All that rclone sees; see `toRcloneEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values hidden in the summary; the logger hides them in its lines. */
  readonly secrets: readonly string[];
  /** Said in the summary too. */
  readonly warnings?: readonly string[];
  readonly toolVersion: string;
  readonly runId: string;
  /** Told of rclone's figures several times a second. */
  readonly onFigures?: (figures: ProgressFigures) => void;
  /** Told of every line of rclone's, as a sign of life. */
  readonly onLife?: () => void;
  /** Told of the plan of a dry run. */
  readonly onPlan?: (table: PrefixTable) => void;
}

interface Job {
  readonly options: SyncOptions;
  readonly record: JobRecord;
  readonly budget: Budget;
  readonly stop: AbortController;
  readonly onNames: (report: NameReport) => void;
}

function logStart({ logger }: SyncOptions, settings: Settings): void {
  const fields = {
    event: "started",
    source: toPublicSide(settings.source),
    destination: toPublicSide(settings.destination),
    compare: settings.compare,
    dry_run: settings.isDryRun,
    max_delete: settings.maxDelete,
    max_duration_seconds: settings.maxDurationMs / 1000,
  };
  logger.info(fields, "started");
}

async function perform(job: Job): Promise<void> {
  const { options, record } = job;
  const { settings } = options;
  logStart(options, settings);
  const { version, destinationIsEmpty } = await checkSides({
    settings,
    record,
    environment: options.environment,
    signal: job.stop.signal,
  });
  if (settings.wantsFastList && !featuresOf(version).canFastList) {
    record.warn(`fast listing is off: it was not checked with rclone ${version.text}, only from 1.75 on`);
  }
  await using directory = await createRunDirectory(settings.configDir);
  try {
    await performIn(directory, job, { version, destinationIsEmpty });
  } catch (error) {
    // Configuration, list of surplus objects and verification's report all lie there.
    throw explainWriteError(error, settings.configDir);
  }
}

interface Checked {
  readonly version: RcloneVersion;
  readonly destinationIsEmpty: boolean;
}

async function performIn(
  directory: RunDirectory,
  job: Job,
  { version, destinationIsEmpty }: Checked,
): Promise<void> {
  const { options } = job;
  const { settings } = options;
  using heartbeat = createHeartbeat(directory.path);
  const configFile = await directory.write(
    "rclone.conf",
    toConfigText({ ...settings, storageClass: settings.destinationStorageClass }),
  );
  const caFile =
    settings.caCert === undefined ? undefined : await directory.write("ca.pem", toCaBundle(settings.caCert));
  const onLife = (): void => {
    heartbeat.beat();
    options.onLife?.();
  };
  const context = createContext(job, { version, configFile, caFile, directory: directory.path, onLife });
  await runSteps(context, {
    destinationIsEmpty,
    ...(options.onPlan !== undefined && { onPlan: options.onPlan }),
  });
}

interface ContextParts {
  readonly version: RcloneVersion;
  readonly configFile: string;
  readonly caFile: string | undefined;
  readonly directory: string;
  readonly onLife: () => void;
}

function createContext({ options, record, budget, stop, onNames }: Job, parts: ContextParts): JobContext {
  const { settings, logger, onFigures } = options;
  const { version, configFile, caFile, directory, onLife } = parts;
  const statsMs =
    onFigures === undefined ? settings.statsIntervalMs : Math.min(LIVE_STATS_MS, settings.statsIntervalMs);
  const progress = {
    logger,
    intervalMs: settings.statsIntervalMs,
    ...(onFigures !== undefined && { live: onFigures }),
  };
  return {
    settings,
    logger,
    record,
    budget,
    rclonePath: settings.rclonePath,
    environment: options.environment,
    argumentContext: () => ({
      settings,
      features: featuresOf(version),
      configFile,
      caFile,
      statsMs,
      remainingMs: budget.remainingMs,
    }),
    signal: stop.signal,
    relay: createLineRelay(logger),
    onProgress: createProgress(progress),
    onLife,
    onReport: (report) => record.add(report),
    onNames,
    pathOf: (name) => `${directory}/${name}`,
  };
}

function logFailure(logger: Logger, failure: unknown, summary: Summary): void {
  if (summary.failure_class === "internal") logger.error({ event: "failure", err: failure }, summary.reason);
}

/**
 * Mirrors the source to the destination, or plans it, and tells how it went. Rejects only where a bug is.
 *
 * Leaves nothing behind: rclone has ended, and its configuration is removed, when the summary is there.
 */
export async function runSync(options: SyncOptions): Promise<Summary> {
  const { settings, logger, signal } = options;
  const record = new LoggedRecord(logger);
  for (const warning of options.warnings ?? []) record.warn(warning);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const budget = new Budget(settings.maxDurationMs);
  let names: NameReport | undefined;
  const onNames = (report: NameReport): void => {
    names = report;
  };
  let failure: unknown;
  let hasFailed = false;
  try {
    using _deadline = budget.startDeadline(stop);
    await perform({ options, record, budget, stop, onNames });
  } catch (error) {
    failure = error;
    hasFailed = true;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  const ending = decideEnding({
    failure: hasFailed ? explainFailure(failure) : undefined,
    stop: explainStop(stop.signal),
    isDryRun: settings.isDryRun,
    hasChanged: record.copied + record.deleted > 0,
  });
  const { toolVersion, runId } = options;
  const summary = buildSummary({
    ending,
    record,
    names,
    settings,
    durationMs: budget.elapsedMs,
    toolVersion,
    runId,
  });
  logFailure(logger, failure, summary);
  return redactSummary(summary, createRedactor(options.secrets));
}
