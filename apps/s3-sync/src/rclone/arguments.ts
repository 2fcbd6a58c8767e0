// SPDX-License-Identifier: Apache-2.0
import type { Settings } from "../settings/settings.ts";
import { isSameAccount, type Side } from "../side.ts";
import type { RcloneLevel } from "./log-line.ts";
import type { RcloneFeatures } from "./version.ts";

type LogFlag = "DEBUG" | "INFO" | "NOTICE" | "ERROR";

const logFlags = { debug: "DEBUG", info: "INFO", warn: "NOTICE", error: "ERROR" } as const satisfies Record<
  Settings["logLevel"],
  LogFlag
>;

const verbosity: readonly LogFlag[] = ["ERROR", "NOTICE", "INFO", "DEBUG"];

/** The level of `LOG_LEVEL`, but at least `least` where a pass lives on the lines of that level. */
function logFlag(level: Settings["logLevel"], least: LogFlag = "ERROR"): LogFlag {
  const wanted = logFlags[level];
  return verbosity.indexOf(wanted) >= verbosity.indexOf(least) ? wanted : least;
}

/** What every pass of a job shares. */
export interface ArgumentContext {
  readonly settings: Settings;
  readonly features: RcloneFeatures;
  readonly configFile: string;
  /** Path of the private CA's certificate. */
  readonly caFile: string | undefined;
  /** Milliseconds between two statistics. */
  readonly statsMs: number;
  /** Milliseconds left of the time budget; `undefined` without one. */
  readonly remainingMs: number | undefined;
}

export type Comparing = "modtime" | "checksum" | "size";

export interface PassOptions {
  readonly command: "sync" | "copy" | "check";
  readonly compare: Comparing;
  readonly isDryRun?: boolean;
  /** Only these, looked up one by one on both sides: a file of one name a line. */
  readonly filesFrom?: string;
  readonly maxDelete?: number;
  /** As `--min-size`: `5M`. */
  readonly minSize?: string;
  readonly leastLogLevel?: Extract<RcloneLevel, "info" | "notice" | "debug">;
  /** One attempt instead of `RETRIES`: whoever asks for it repeats the pass itself. */
  readonly isSingleAttempt?: boolean;
  /** `check` alone: tell of each object on standard output, one a line. */
  readonly combined?: boolean;
  /** `check` alone: read every byte of both sides instead of comparing what listings say. */
  readonly download?: boolean;
}

function toRemote(side: Side): string {
  return `${side.role === "source" ? "source" : "dest"}:${side.bucket}/${side.prefix}`;
}

/** Go's form of a duration, in whole milliseconds. */
function goDuration(ms: number): string {
  return `${Math.round(ms)}ms`;
}

function when(condition: boolean, ...flags: readonly string[]): readonly string[] {
  return condition ? flags : [];
}

/** `--name=value`, or nothing where there is no value. */
function withValue(name: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

function logArguments(context: ArgumentContext, least: PassOptions["leastLogLevel"]): string[] {
  const flags = { debug: "DEBUG", info: "INFO", notice: "NOTICE" } as const;
  const level = logFlag(context.settings.logLevel, least && flags[least]);
  // A statistics line below the log level would be lost, and with it every figure of the summary.
  const stats = level === "DEBUG" ? "INFO" : level;
  return [
    "--use-json-log",
    `--log-level=${level}`,
    `--stats=${goDuration(context.statsMs)}`,
    `--stats-log-level=${stats}`,
  ];
}

function networkArguments(context: ArgumentContext, { isSingleAttempt }: PassOptions): string[] {
  const { settings, caFile, remainingMs } = context;
  return [
    `--retries=${isSingleAttempt === true ? 1 : settings.retries}`,
    `--retries-sleep=${goDuration(settings.retriesSleepMs)}`,
    "--low-level-retries=5",
    `--contimeout=${goDuration(settings.connectTimeoutMs)}`,
    `--timeout=${goDuration(settings.ioTimeoutMs)}`,
    `--transfers=${settings.transfers}`,
    `--checkers=${settings.checkers}`,
    ...withValue("bwlimit", settings.bandwidthLimit),
    // Soft: transfers that run are finished, so that nothing large starts over in the next run.
    ...withValue(
      "max-duration",
      remainingMs === undefined ? undefined : goDuration(Math.max(1, remainingMs)),
    ),
    ...when(remainingMs !== undefined, "--cutoff-mode=soft"),
    ...withValue("ca-cert", caFile),
    ...when(settings.skipsCertificateCheck, "--no-check-certificate"),
  ];
}

function listingArguments({ settings, features }: ArgumentContext, { filesFrom }: PassOptions): string[] {
  const isListing = filesFrom === undefined;
  return [
    // Keys are bytes to S3: names that differ in Unicode normalisation alone are two objects.
    "--no-unicode-normalization",
    ...when(isListing && settings.wantsFastList && features.canFastList, "--fast-list"),
    ...withValue("list-cutoff", features.hasListCutoff ? settings.listCutoff : undefined),
    ...withValue("max-buffer-memory", features.hasMaxBufferMemory ? settings.maxBufferMemory : undefined),
  ];
}

const compareArguments: Readonly<Record<Comparing, readonly string[]>> = {
  modtime: [],
  checksum: ["--checksum"],
  size: ["--size-only"],
};

/** A server's own copy keeps the source's storage class (1.75), whatever the destination is configured to. */
export function mayCopyServerSide({ source, destination, destinationStorageClass }: Settings): boolean {
  return isSameAccount(source, destination) && destinationStorageClass === "";
}

function copyArguments({ settings }: ArgumentContext): string[] {
  return [
    // Setting a time in place would strip the headers of an object that is right already (rclone#5243).
    "--no-update-modtime",
    ...when(settings.preservesMetadata, "--metadata"),
    ...when(mayCopyServerSide(settings), "--server-side-across-configs"),
  ];
}

/** The command line of one pass; every flag is known to 1.60.1 unless `features` says more. Holds no secret. */
export function toArguments(context: ArgumentContext, options: PassOptions): string[] {
  const { source, destination } = context.settings;
  const { command, filesFrom } = options;
  return [
    command,
    toRemote(source),
    toRemote(destination),
    `--config=${context.configFile}`,
    "--ask-password=false",
    ...logArguments(context, options.leastLogLevel),
    ...networkArguments(context, options),
    ...listingArguments(context, options),
    ...compareArguments[options.compare],
    ...when(command !== "check", ...copyArguments(context)),
    ...when(command === "sync", "--delete-after"),
    ...when(options.isDryRun ?? false, "--dry-run"),
    ...withValue("max-delete", options.maxDelete),
    ...withValue("min-size", options.minSize),
    ...withValue("files-from-raw", filesFrom),
    ...when(filesFrom !== undefined, "--no-traverse"),
    ...when(options.combined ?? false, "--combined=-"),
    ...when(options.download ?? false, "--download"),
  ];
}
