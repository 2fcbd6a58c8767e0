// SPDX-License-Identifier: Apache-2.0
import type { JobRecord } from "../job/record.ts";
import type { NameReport } from "../names/index.ts";
import type { Settings } from "../settings/settings.ts";
import { type PublicSide, toPublicSide } from "../side.ts";
import type { Ending } from "./ending.ts";
import { describeProof } from "./proof.ts";
import type { Summary } from "./summary.ts";

export interface SummaryFacts {
  readonly ending: Ending;
  readonly record: JobRecord;
  /** Absent where the names were not looked at. */
  readonly names?: NameReport | undefined;
  /** `undefined` when the settings themselves were the problem. */
  readonly settings: Settings | undefined;
  readonly durationMs: number;
  readonly toolVersion: string;
  readonly runId: string;
}

const unknownSide: PublicSide = { endpoint: "", bucket: "", prefix: "" };

function plannedFigures({ plan }: JobRecord, ending: Ending): Partial<Summary> {
  if (plan === undefined || (ending.status !== "dry_run" && ending.status !== "refused")) return {};
  return {
    objects_planned_copies: plan.copies,
    ...(plan.replacements !== undefined && { objects_planned_replacements: plan.replacements }),
    objects_planned_deletes: plan.surplus,
    bytes_planned: plan.copyBytes,
  };
}

function doneFigures(record: JobRecord, seconds: number) {
  return {
    objects_checked: record.checked,
    objects_copied: record.copied,
    objects_deleted: record.deleted,
    objects_failed: record.failed,
    bytes_copied: record.bytesCopied,
    server_side_copies: record.serverSideCopies,
    duration_seconds: Math.round(seconds * 1000) / 1000,
    throughput_bytes_per_second: seconds > 0 ? Math.round(record.bytesCopied / seconds) : 0,
    attempts: record.attempts,
    top_errors: record.topErrors,
  } as const;
}

/** Puts a job's end into the one line that tells all of it. */
export function buildSummary({
  ending,
  record,
  names,
  settings,
  durationMs,
  toolVersion,
  runId,
}: SummaryFacts): Summary {
  const { status, exitCode, failureClass, reason } = ending;
  const compare = settings?.compare ?? "modtime";
  const isWhole = status === "success";
  return {
    event: "summary",
    status,
    exit_code: exitCode,
    ...(failureClass !== undefined && { failure_class: failureClass }),
    reason,
    proof: describeProof({ isDryRun: status === "dry_run", isWhole, compare, verify: record.verify, names }),
    source: settings === undefined ? unknownSide : toPublicSide(settings.source),
    destination: settings === undefined ? unknownSide : toPublicSide(settings.destination),
    compare,
    ...doneFigures(record, durationMs / 1000),
    ...plannedFigures(record, ending),
    warnings: record.warnings,
    ...(record.verify !== undefined && { verify: record.verify }),
    ...(record.rcloneVersion !== undefined && { rclone_version: record.rcloneVersion }),
    tool_version: toolVersion,
    run_id: runId,
  };
}

/** The same with every text in it passed through `redact`; for what does not go through the logger. */
export function redactSummary(summary: Summary, redact: (text: string) => string): Summary {
  return {
    ...summary,
    reason: redact(summary.reason),
    warnings: summary.warnings.map(redact),
    top_errors: summary.top_errors.map((error) => ({
      ...error,
      ...(error.sample !== undefined && { sample: redact(error.sample) }),
    })),
  };
}
