// SPDX-License-Identifier: Apache-2.0
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";

/** Unix milliseconds; `undefined` where there is none or it is none that a date can hold. */
export function toMs(timestamp: Timestamp | undefined): number | undefined {
  if (timestamp === undefined) return undefined;
  const ms = Number(timestamp.seconds) * 1000 + Math.trunc(timestamp.nanos / 1e6);
  return Number.isFinite(new Date(ms).getTime()) ? ms : undefined;
}

/** Nanoseconds as a number: exact up to 104 days. */
export function toNanoseconds(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1e9 + duration.nanos;
}

/** `HH:MM:SS`, UTC, as the Go program prints events. */
export function clockTime(ms: number | undefined): string {
  return ms === undefined ? "--:--:--" : new Date(ms).toISOString().slice(11, 19);
}

/** `YYYY-MM-DD HH:MM:SS`, UTC. */
export function dateTime(ms: number | undefined): string {
  return ms === undefined ? "-" : new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

/** How long ago or how long: `350ms`, `42s`, `3m20s`, `5h12m`, `3d4h`. */
export function roughly(ms: number): string {
  if (ms < 0) return "0s";
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3600)}h`;
}
