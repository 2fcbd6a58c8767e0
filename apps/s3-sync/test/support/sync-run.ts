// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { captureLogs } from "@repo/logging/testing";
import { testDirectory } from "@repo/testkit";
import { type Executable, type Exit, runExecutable } from "@repo/testkit/process";
import { runSync } from "../../src/job/run-sync.ts";
import { reportSummary } from "../../src/outcome/report.ts";
import type { Summary } from "../../src/outcome/summary.ts";
import { toRcloneEnvironment } from "../../src/rclone/environment.ts";
import { loadS3SyncSettings } from "../../src/settings/settings.ts";
import { DEFAULT_CREDENTIALS } from "../fault-s3/index.ts";
import { type JobSide, jobEnvironment, parseJson } from "./job.ts";

/** The program as Node runs it from source: the same code as the bundle, without having to build first. */
export const PROGRAM = join(import.meta.dirname, "../../src/bin/s3-sync.ts");
const DEADLINE_MS = 60_000;

export interface SyncRunOptions {
  readonly rclone: string;
  readonly source: JobSide;
  readonly destination: JobSide;
  /** Settings beside the required ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Aborted to stop a job in this process. */
  readonly signal?: AbortSignal;
  /** Told once the program runs. */
  readonly during?: (job: Executable) => Promise<void> | void;
}

export interface SyncRun {
  readonly summary: Summary;
  /** Lines of standard output, parsed. */
  readonly lines: readonly Record<string, unknown>[];
  /** Both streams. */
  readonly text: string;
  readonly terminationMessage: string;
  /** What was left in the configuration directory. */
  readonly leftBehind: readonly string[];
}

export interface ProgramRun extends SyncRun {
  readonly exit: Exit;
}

interface Place extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  look(): Promise<Pick<SyncRun, "terminationMessage" | "leftBehind">>;
}

async function makePlace(options: SyncRunOptions): Promise<Place> {
  const directory = await testDirectory();
  const configDir = join(directory.path, "config");
  const message = join(directory.path, "termination-log");
  await writeFile(message, "");
  const settings = { TERMINATION_LOG_PATH: message, RETRIES: "2", RETRIES_SLEEP: "0", ...options.settings };
  return {
    env: jobEnvironment({ ...options, configDir, settings }),
    look: async () => ({
      terminationMessage: await readFile(message, "utf8"),
      leftBehind: await readdir(configDir).catch(() => []),
    }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isSummary(line: Record<string, unknown>): line is Record<string, unknown> & Summary {
  return line["event"] === "summary" && typeof line["exit_code"] === "number";
}

/** A bucket of a fault server. */
export function faultSide(endpoint: string, bucket: string): JobSide {
  return { endpoint, bucket, credentials: DEFAULT_CREDENTIALS };
}

/**
 * Runs the program once to its end, as a process of its own.
 *
 * @throws {Error} when it wrote no summary, or anything but JSON lines
 */
export async function runProgram(options: SyncRunOptions): Promise<ProgramRun> {
  await using place = await makePlace(options);
  await using job = await runExecutable({ file: PROGRAM, env: place.env });
  await options.during?.(job);
  const exit = await job.waitForExit({ deadlineMs: DEADLINE_MS });
  const text = [...job.stdout.lines, ...job.stderr.lines].join("\n");
  const lines = job.stdout.lines.map(parseJson).filter(isRecord);
  if (lines.length !== job.stdout.lines.length)
    throw new Error(`Not only JSON lines on standard output:\n${text}`);
  const summary = lines.find(isSummary);
  if (summary === undefined) throw new Error(`No summary:\n${text}`);
  return { exit, summary, lines, text, ...(await place.look()) };
}

/** Runs the same job in this process, which is quicker where its process is not what matters. */
export async function runJobOnce(options: SyncRunOptions): Promise<SyncRun> {
  await using place = await makePlace(options);
  const { settings, secrets, warnings } = loadS3SyncSettings(place.env);
  const logs = captureLogs({ level: settings.logLevel, secrets });
  const summary = await runSync({
    settings,
    secrets,
    warnings,
    logger: logs.logger,
    signal: options.signal ?? new AbortController().signal,
    environment: toRcloneEnvironment(place.env),
    toolVersion: "0.0.0",
    runId: "test",
  });
  await reportSummary(logs.logger, summary, settings.terminationLogPath);
  return { summary, lines: logs.records, text: logs.text, ...(await place.look()) };
}
