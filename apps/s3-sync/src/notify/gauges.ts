// SPDX-License-Identifier: Apache-2.0
import type { Summary } from "../outcome/summary.ts";
import type { Gauge } from "./exposition.ts";

/**
 * The gauges of a run, all named `s3_sync_*`.
 *
 * `s3_sync_last_success_timestamp_seconds` is there only when the mirror is whole; a run that failed, or only planned,
 * must leave the value of the last that succeeded as it is.
 *
 * @param finishedAtMs milliseconds since 1970
 */
export function toGauges(summary: Summary, finishedAtMs: number): Gauge[] {
  const finishedAt = finishedAtMs / 1000;
  const success: Gauge = {
    name: "s3_sync_last_success_timestamp_seconds",
    help: "When a run last left the destination a whole mirror, as seconds since 1970.",
    value: finishedAt,
  };
  return [
    {
      name: "s3_sync_last_run_timestamp_seconds",
      help: "When the last run ended, as seconds since 1970.",
      value: finishedAt,
    },
    ...(summary.status === "success" ? [success] : []),
    {
      name: "s3_sync_duration_seconds",
      help: "How long the last run took.",
      value: summary.duration_seconds,
    },
    {
      name: "s3_sync_objects_copied",
      help: "Objects that the last run copied.",
      value: summary.objects_copied,
    },
    {
      name: "s3_sync_objects_deleted",
      help: "Objects that the last run deleted at the destination.",
      value: summary.objects_deleted,
    },
    {
      name: "s3_sync_objects_failed",
      help: "Objects that the last run could not bring over.",
      value: summary.objects_failed,
    },
    { name: "s3_sync_bytes_copied", help: "Bytes that the last run copied.", value: summary.bytes_copied },
    { name: "s3_sync_exit_code", help: "Exit code of the last run; 0 is success.", value: summary.exit_code },
    {
      name: "s3_sync_last_run_info",
      help: "How the last run ended; always 1.",
      value: 1,
      labels: {
        status: summary.status,
        failure_class: summary.failure_class ?? "",
        version: summary.tool_version,
      },
    },
  ];
}
