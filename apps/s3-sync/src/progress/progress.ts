// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import type { RcloneStats } from "../rclone/log-line.ts";

export type ProgressListener = (pass: string, stats: RcloneStats) => void;

/** What is shown of a pass under way; no names, so that its size does not depend on the load. */
export interface ProgressFigures {
  readonly pass: string;
  /** Of the bytes known so far; `null` while nothing is to be copied. */
  readonly percent: number | null;
  readonly bytes: number;
  readonly total_bytes: number;
  readonly speed_bytes_per_second: number;
  readonly eta_seconds: number | null;
  readonly objects_checked: number;
  readonly objects_copied: number;
  readonly objects_to_copy: number;
  readonly objects_deleted: number;
  /** Known in the plan pass only, which copies and deletes nothing. */
  readonly objects_to_delete: number;
  readonly errors: number;
}

/** rclone counts what it would do in a dry run as if it had done it. */
function toPlanFigures(stats: RcloneStats): RcloneStats {
  return { ...stats, bytes: 0, totalBytes: 0, transfers: 0, deletes: 0, speed: 0, eta: null };
}

export function toFigures(pass: string, told: RcloneStats): ProgressFigures {
  const stats = pass === "plan" ? toPlanFigures(told) : told;
  const share = stats.totalBytes === 0 ? null : Math.floor((100 * stats.bytes) / stats.totalBytes);
  return {
    pass,
    percent: share,
    bytes: stats.bytes,
    total_bytes: stats.totalBytes,
    speed_bytes_per_second: Math.round(stats.speed),
    eta_seconds: stats.eta,
    objects_checked: stats.checks,
    objects_copied: stats.transfers,
    objects_to_copy: stats.totalTransfers,
    objects_deleted: stats.deletes,
    objects_to_delete: pass === "plan" ? told.deletes : 0,
    errors: stats.errors,
  };
}

export interface ProgressOptions {
  readonly logger: Logger;
  /** Milliseconds between two events. */
  readonly intervalMs: number;
  /** Told of every statistic, for a live line; absent without a terminal. */
  readonly live?: (figures: ProgressFigures) => void;
  readonly now?: () => number;
}

/** Writes a `progress` event at most every `intervalMs`, however often rclone tells its figures. */
export function createProgress({
  logger,
  intervalMs,
  live,
  now = () => performance.now(),
}: ProgressOptions): ProgressListener {
  // rclone tells its figures once more as it ends; that is what the summary is for.
  let lastAt = now();
  return (pass, stats) => {
    const figures = toFigures(pass, stats);
    live?.(figures);
    // A tenth of slack, because rclone's own ticks jitter around the same interval.
    if (now() - lastAt < intervalMs * 0.9) return;
    lastAt = now();
    logger.info({ event: "progress", ...figures }, "progress");
  };
}
