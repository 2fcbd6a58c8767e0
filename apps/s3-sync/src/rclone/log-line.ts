// SPDX-License-Identifier: Apache-2.0

export type RcloneLevel = "debug" | "info" | "notice" | "error" | "critical";

/** The counters of rclone's `stats` object that we use; absent in older versions means 0. */
export interface RcloneStats {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly checks: number;
  readonly transfers: number;
  readonly totalTransfers: number;
  readonly deletes: number;
  readonly errors: number;
  readonly serverSideCopies: number;
  /** Bytes a second. */
  readonly speed: number;
  /** Seconds, or `null` when rclone does not know. */
  readonly eta: number | null;
}

/** One line of rclone's log. `{"level":"info","msg":"Copied (new)","object":"a/b"}` becomes level, message, object. */
export interface RcloneLine {
  readonly level: RcloneLevel;
  readonly message: string;
  /** Name of an object or folder, in rclone's spelling. */
  readonly object?: string;
  /** In a dry run: what rclone would have done, `copy` or `delete`. */
  readonly skipped?: string;
  readonly size?: number;
  readonly stats?: RcloneStats;
  /** True when the line was no JSON: 1.60's start-up and closing lines. */
  readonly isPlain: boolean;
}

const levels: ReadonlyMap<unknown, RcloneLevel> = new Map([
  ["debug", "debug"],
  ["info", "info"],
  ["notice", "notice"],
  ["warning", "notice"],
  ["error", "error"],
  ["critical", "critical"],
  ["fatal", "critical"],
] as const);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberOf(record: Record<string, unknown>, key: string): number {
  const value = record[key];
  return typeof value === "number" ? value : 0;
}

function toStats(value: unknown): RcloneStats | undefined {
  if (!isRecord(value)) return undefined;
  return {
    bytes: numberOf(value, "bytes"),
    totalBytes: numberOf(value, "totalBytes"),
    checks: numberOf(value, "checks"),
    transfers: numberOf(value, "transfers"),
    totalTransfers: numberOf(value, "totalTransfers"),
    deletes: numberOf(value, "deletes"),
    errors: numberOf(value, "errors"),
    serverSideCopies: numberOf(value, "serverSideCopies"),
    speed: numberOf(value, "speed"),
    eta: typeof value["eta"] === "number" ? value["eta"] : null,
  };
}

/** `2026/11/21 11:39:35 ERROR : Attempt 1/3 failed` or, at start-up, without a level. */
const plainLine = /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d )?(?:(DEBUG|INFO|NOTICE|ERROR|CRITICAL) *: )?(.*)$/s;

function parsePlain(text: string): RcloneLine {
  const [, word, message] = plainLine.exec(text) ?? [];
  const level = levels.get(word?.toLowerCase()) ?? "error";
  return { level, message: message ?? text, isPlain: true };
}

/** Reads one line of rclone's log; whatever is no JSON object becomes a plain line of level error. */
export function parseLogLine(text: string): RcloneLine {
  if (!text.startsWith("{")) return parsePlain(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return parsePlain(text);
  }
  if (!isRecord(parsed) || typeof parsed["msg"] !== "string") return parsePlain(text);
  const { level, msg, object, objectType, skipped, size, stats } = parsed;
  // What befalls a whole side is told under its name ("S3 bucket b"), which is no object's.
  const isSide = typeof objectType === "string" && objectType.endsWith(".Fs");
  const known = toStats(stats);
  return {
    level: levels.get(level) ?? "info",
    message: msg,
    isPlain: false,
    ...(typeof object === "string" && !isSide && { object }),
    ...(typeof skipped === "string" && { skipped }),
    ...(typeof size === "number" && { size }),
    ...(known !== undefined && { stats: known }),
  };
}

/** True for a line that belongs to the plain line before it: 1.60 breaks AWS errors over several lines. */
export function isContinuation(text: string): boolean {
  return /^(?:\s|caused by:)/.test(text);
}
