// SPDX-License-Identifier: Apache-2.0
import { execa } from "execa";
import { JobError } from "../outcome/job-error.ts";

const VERSION_TIMEOUT_MS = 10_000;

/** A release of rclone's, such as 1.75.2. */
export interface RcloneVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** Reads the first line of `rclone version`: `rclone v1.60.1-DEV`. */
export function parseVersion(output: string): RcloneVersion | undefined {
  const match = /^rclone v?((\d+)\.(\d+)(?:\.\d+)?[^\s]*)/m.exec(output);
  if (match?.[1] === undefined) return undefined;
  return { text: match[1], major: Number(match[2]), minor: Number(match[3]) };
}

export function isAtLeast(version: RcloneVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

/** What may be asked of a release; an unknown flag would end it at once. */
export interface RcloneFeatures {
  /** 1.60.1 drops `dir/below` beside an object `dir` when it lists fast; 1.75 was checked. */
  readonly canFastList: boolean;
  readonly hasListCutoff: boolean;
  readonly hasMaxBufferMemory: boolean;
  /** Counts copies that the server made itself in its statistics; before, only its log tells. */
  readonly countsServerSideCopies: boolean;
}

export function featuresOf(version: RcloneVersion): RcloneFeatures {
  return {
    canFastList: isAtLeast(version, 1, 75),
    hasListCutoff: isAtLeast(version, 1, 70),
    hasMaxBufferMemory: isAtLeast(version, 1, 70),
    countsServerSideCopies: isAtLeast(version, 1, 64),
  };
}

function missing(path: string, detail: string): JobError {
  return new JobError(
    "rclone_missing",
    `rclone cannot be run: ${path} ${detail}; install rclone 1.60.1 or later, or set RCLONE_PATH.`,
  );
}

interface FailedStart {
  readonly code?: string | undefined;
  readonly timedOut: boolean;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
}

function explainFailure(path: string, result: FailedStart): JobError {
  if (result.code === "ENOENT") return missing(path, "was not found");
  if (result.code === "EACCES") return missing(path, "may not be executed");
  if (result.timedOut) return missing(path, `did not tell its version within ${VERSION_TIMEOUT_MS / 1000} s`);
  if (result.code !== undefined) return missing(path, `could not be started (${result.code})`);
  return missing(
    path,
    `ended with ${result.signal ?? result.exitCode ?? "an error"} when asked for its version`,
  );
}

/**
 * Asks a program for its version.
 *
 * @param path a path, or a name that is looked up on the `PATH` of `environment`
 * @throws {JobError} `rclone_missing` when it cannot be run, is no rclone or too old
 */
export async function readRcloneVersion(
  path: string,
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<RcloneVersion> {
  const result = await execa(path, ["version"], {
    reject: false,
    stdin: "ignore",
    stderr: "ignore",
    extendEnv: false,
    env: environment,
    timeout: VERSION_TIMEOUT_MS,
    maxBuffer: 65_536,
    ...(signal !== undefined && { cancelSignal: signal }),
  });
  if (result.isCanceled) signal?.throwIfAborted();
  if (result.failed) throw explainFailure(path, result);
  const version = parseVersion(result.stdout);
  if (version === undefined) throw missing(path, "does not answer as rclone does");
  if (!isAtLeast(version, 1, 60)) {
    throw new JobError(
      "rclone_missing",
      `rclone ${version.text} is too old; s3-sync needs 1.60.1 or later: install it, or set RCLONE_PATH.`,
    );
  }
  return version;
}
