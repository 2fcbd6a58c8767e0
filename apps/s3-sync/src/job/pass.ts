// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import { classifyExitCode } from "../outcome/classify.ts";
import type { FailureClass } from "../outcome/exit-codes.ts";
import { JobError } from "../outcome/job-error.ts";
import { countOf } from "../outcome/words.ts";
import type { LineRelay } from "../progress/line-relay.ts";
import type { ProgressListener } from "../progress/progress.ts";
import { type ArgumentContext, type PassOptions, toArguments } from "../rclone/arguments.ts";
import type { LineListener } from "../rclone/pass-log.ts";
import { PassLog } from "../rclone/pass-log.ts";
import { type RcloneExit, runRclone } from "../rclone/process.ts";

export type PassName = "plan" | "copy" | "copy_large" | "delete" | "sync" | "verify";

/** What a pass needs of the job around it. */
export interface PassContext {
  readonly logger: Logger;
  readonly rclonePath: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Fresh for each pass: the time left differs. */
  readonly argumentContext: () => ArgumentContext;
  readonly signal: AbortSignal;
  readonly relay: LineRelay;
  readonly onProgress: ProgressListener;
  /** Told of every sign of life of rclone's. */
  readonly onLife: () => void;
  /** Told of each pass that has ended, in order. */
  readonly onReport: (report: PassReport) => void;
}

export interface PassReport {
  readonly name: PassName;
  readonly isDryRun: boolean;
  /** 1, or more when the pass was repeated from our side; the report then stands for the ones before it. */
  readonly attempt: number;
  readonly exit: RcloneExit;
  readonly log: PassLog;
  /** `undefined` when the pass did all it was to do. */
  readonly failureClass: FailureClass | undefined;
}

export interface PassListeners {
  /** Default 1; see {@link PassReport.attempt}. */
  readonly attempt?: number;
  readonly onLine?: LineListener;
  readonly onOutputLine?: (text: string) => void;
}

function classifyPass(exit: RcloneExit, log: PassLog): FailureClass | undefined {
  if (exit.startError !== undefined) return "rclone_missing";
  if (exit.isStopped) return "interrupted";
  // Killed from outside; out of memory, mostly.
  if (exit.exitCode === undefined) return "internal";
  // An rclone that did its work tells its figures as it ends; silence is no success.
  if (exit.exitCode === 0) return log.hasStats ? undefined : "internal";
  return log.errors.failureClass ?? classifyExitCode(exit.exitCode);
}

export const deeds: Readonly<Record<PassName, string>> = {
  plan: "planning",
  copy: "copying",
  copy_large: "comparing and copying large objects",
  delete: "deleting",
  sync: "synchronising",
  verify: "verifying",
};

/**
 * Runs one pass of rclone's, and resolves however it ends.
 *
 * @throws the signal's reason when it was aborted before the pass began
 */
export async function runPass(
  context: PassContext,
  name: PassName,
  options: PassOptions,
  listeners: PassListeners = {},
): Promise<PassReport> {
  context.signal.throwIfAborted();
  const log = new PassLog((line) => {
    if (line.stats !== undefined) context.onProgress(name, line.stats);
    context.relay.relay(name, line);
    listeners.onLine?.(line);
  });
  const startedAt = performance.now();
  const exit = await runRclone({
    path: context.rclonePath,
    args: toArguments(context.argumentContext(), options),
    environment: context.environment,
    signal: context.signal,
    onLogLine: (text) => {
      context.onLife();
      log.push(text);
    },
    ...(listeners.onOutputLine !== undefined && { onOutputLine: listeners.onOutputLine }),
  });
  log.end();
  const report = {
    name,
    exit,
    log,
    isDryRun: options.isDryRun ?? false,
    attempt: listeners.attempt ?? 1,
    failureClass: classifyPass(exit, log),
  };
  context.relay.endPass(name);
  logReport(context.logger, report, performance.now() - startedAt);
  context.onReport(report);
  return report;
}

function logReport(logger: Logger, report: PassReport, durationMs: number): void {
  const { name, exit, log, failureClass, attempt } = report;
  const fields = {
    event: "pass",
    pass: name,
    rclone_exit_code: exit.exitCode,
    ...(failureClass !== undefined && { failure_class: failureClass }),
    duration_seconds: Math.round(durationMs) / 1000,
    attempts: Math.max(log.attempts, attempt),
    errors: log.errors.failedObjects,
  };
  logger.info(fields, `${deeds[name]} ${failureClass === undefined ? "done" : "failed"}`);
}

function describeFailure({ name, exit, log, failureClass }: PassReport): string {
  const while_ = `While ${deeds[name]}`;
  if (exit.startError !== undefined) return `${while_}, rclone could not be started (${exit.startError}).`;
  if (exit.exitCode === undefined) {
    return `${while_}, rclone was killed by ${exit.signal ?? "a signal"}; give the container more memory if that was the reason.`;
  }
  if (exit.exitCode === 0) {
    return `${while_}, rclone ended without telling its figures, so that nothing is known of what it did; check that RCLONE_PATH is an rclone.`;
  }
  if (failureClass === "time_budget") {
    return `MAX_DURATION was used up while ${deeds[name]}; the next run goes on.`;
  }
  const [top] = log.errors.topErrors;
  const count = log.errors.failedObjects;
  const which = count > 0 ? `${countOf(count, "object")} failed` : `rclone ended with ${exit.exitCode}`;
  const last = firstLine(log.errors.lastMessage);
  return `${while_}, ${which}${top === undefined ? "" : ` (${top.code})`}${last === "" ? "." : `: ${last}`}`;
}

function firstLine(text = ""): string {
  return (text.split("\n")[0] ?? "").slice(0, 300);
}

/** @throws {JobError} when the pass did not do all it was to do */
export function requireClean(report: PassReport): void {
  if (report.failureClass === undefined) return;
  throw new JobError(report.failureClass, describeFailure(report));
}
