// SPDX-License-Identifier: MIT

/** How long ago or how long: `350ms`, `42s`, `3m20s`, `5h12m`, `3d4h`. */
export function roughly(ms: number): string {
  if (!(ms > 0)) return "0s";
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3600)}h`;
}

/** `2026-11-21 10:00:00Z (3m20s ago)`, or `(in 5m0s)`; what is no time comes back as it is. */
export function moment(time: string | number, nowMs: number): string {
  const ms = typeof time === "number" ? time : Date.parse(time);
  if (!Number.isFinite(ms)) return String(time);
  const text = new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  return `${text}Z (${ms > nowMs ? `in ${roughly(ms - nowMs)}` : `${roughly(nowMs - ms)} ago`})`;
}

/** Thousands apart: `12,345`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}
