// SPDX-License-Identifier: Apache-2.0

/** Whose form the lines have. */
export type LogShape = "1.60" | "1.75";

/** `copied`: a copy's line at INFO. `planned`: a dry run's. `failed`: an object that could not be written. */
export type LineKind = "copied" | "planned" | "failed";

/** Keys of a usual length, in folders. */
function keyOf(index: number): string {
  return `photos/2026/album ${String(index % 997).padStart(4, "0")}/IMG_${String(index).padStart(7, "0")}.jpg`;
}

interface Words {
  readonly level: string;
  readonly message: string;
  readonly source: string;
}

const refused =
  "operation error S3: PutObject, https response error StatusCode: 403, RequestID: 43DBFEF100000013, HostID: , api error AccessDenied: Access Denied";

/** Recorded from rclone 1.60.1 and 1.75.2. */
const words: Readonly<Record<LogShape, Readonly<Record<LineKind, Words>>>> = {
  "1.60": {
    copied: { level: "info", message: "Copied (new)", source: "operations/operations.go:566" },
    planned: {
      level: "warning",
      message: "Skipped copy as --dry-run is set (size 64)",
      source: "operations/operations.go:2404",
    },
    failed: {
      level: "error",
      message:
        "Failed to copy: AccessDenied: Access Denied\n\tstatus code: 403, request id: E6A4EC5600000008, host id: ",
      source: "operations/operations.go:538",
    },
  },
  "1.75": {
    copied: { level: "info", message: "Copied (new)", source: "operations/copy.go:382" },
    planned: {
      level: "notice",
      message: "Skipped copy as --dry-run is set (size 64)",
      source: "operations/operations.go:2672",
    },
    failed: { level: "error", message: `Failed to copy: ${refused}`, source: "operations/copy.go:349" },
  },
};

/** One line about one object, with the keys in the order in which that rclone writes them. */
export function objectLine(shape: LogShape, kind: LineKind, index: number): string {
  const { level, message, source } = words[shape][kind];
  const object = keyOf(index);
  const objectType = "*s3.Object";
  const planned = kind === "planned" ? { skipped: "copy", size: 64 } : undefined;
  if (shape === "1.60") {
    const time = "2026-11-21T12:07:04.495902+00:00";
    const { skipped, size } = planned ?? {};
    return JSON.stringify({ level, msg: message, object, objectType, size, skipped, source, time });
  }
  const size = kind === "copied" ? { size: 64 } : undefined;
  const time = "2026-11-21T12:06:35.538094378Z";
  return JSON.stringify({ time, level, msg: message, ...planned, ...size, object, objectType, source });
}

/** The statistics that end a run over `count` objects. */
export function statsLine(shape: LogShape, kind: LineKind, count: number): string {
  const done = kind === "failed" ? 0 : count;
  const stats = {
    bytes: 64 * done,
    checks: 0,
    deletedDirs: 0,
    deletes: 0,
    elapsedTime: 12.5,
    errors: kind === "failed" ? count : 0,
    eta: null,
    fatalError: false,
    renames: 0,
    retryError: false,
    speed: 0,
    totalBytes: 64 * done,
    totalChecks: 0,
    totalTransfers: done,
    transferTime: 12.5,
    transfers: done,
  };
  const level = kind === "planned" ? words[shape].planned.level : "info";
  const msg = `\nTransferred:   \t${done} / ${done}, 100%\nElapsed time:        12.5s\n\n`;
  return JSON.stringify({
    level,
    msg,
    stats,
    source: "accounting/stats.go:549",
    time: "2026-11-21T12:06:48Z",
  });
}

export function versionText(shape: LogShape): string {
  const version = shape === "1.60" ? "v1.60.1-DEV" : "v1.75.2";
  return `rclone ${version}\n- os/version: debian 12.11 (64 bit)\n- os/type: linux\n- os/arch: amd64\n`;
}
