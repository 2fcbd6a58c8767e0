// SPDX-License-Identifier: Apache-2.0
import type { PublicSide } from "../side.ts";
import type { FailureClass } from "./exit-codes.ts";

/**
 * `success`: the destination mirrors the source. `partial`: something was done, not all. `failed`: the job could
 * not do its work. `refused`: a guard stopped it before anything was deleted. `interrupted`: signal or deadline.
 */
export type Status = "success" | "dry_run" | "partial" | "failed" | "refused" | "interrupted";

export type Comparison = "modtime" | "hybrid" | "checksum" | "size";

/** One kind of error: an S3 or rclone code, how often, and one object it happened to. */
export interface TopError {
  readonly code: string;
  readonly count: number;
  readonly sample?: string;
}

/** What the verification after the copy found; counts of objects. */
export interface VerifyCounts {
  readonly mode: "check" | "download";
  readonly matched: number;
  readonly differing: number;
  readonly missing_at_destination: number;
  readonly missing_at_source: number;
  readonly unverifiable: number;
}

/**
 * The last line of every job, and the same JSON in the container's termination message.
 *
 * @see docs/adr/0002-deletion-is-its-own-confined-pass.md for what the planned and done figures mean
 */
export interface Summary {
  readonly event: "summary";
  readonly status: Status;
  readonly exit_code: number;
  /** Absent when nothing failed. */
  readonly failure_class?: FailureClass;
  /** One sentence. */
  readonly reason: string;
  /** One sentence: is the mirror whole, and by which comparison. */
  readonly proof: string;
  readonly source: PublicSide;
  readonly destination: PublicSide;
  readonly compare: Comparison;
  readonly objects_checked: number;
  readonly objects_copied: number;
  readonly objects_deleted: number;
  readonly objects_failed: number;
  /** Only in a dry run, and where a guard refused; `copies` counts new and replaced objects. */
  readonly objects_planned_copies?: number;
  readonly objects_planned_replacements?: number;
  readonly objects_planned_deletes?: number;
  readonly bytes_planned?: number;
  readonly bytes_copied: number;
  readonly server_side_copies: number;
  readonly duration_seconds: number;
  readonly throughput_bytes_per_second: number;
  /** Most attempts any pass of rclone took; 1 when nothing was repeated, 0 when rclone did not run. */
  readonly attempts: number;
  /** At most 5, most frequent first. */
  readonly top_errors: readonly TopError[];
  readonly warnings: readonly string[];
  readonly verify?: VerifyCounts;
  readonly rclone_version?: string;
  readonly tool_version: string;
  readonly run_id: string;
}
