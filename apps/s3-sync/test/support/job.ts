// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** The built program, as users start it. */
export const BUNDLE = join(import.meta.dirname, "../../dist/s3-sync.mjs");

export class BundleMissingError extends Error {
  override readonly name = "BundleMissingError";
}

/** @throws {BundleMissingError} when the bundle was not built yet */
export function requireBundle(): string {
  if (!existsSync(BUNDLE))
    throw new BundleMissingError("The bundle is not built: run `npx pnpm turbo build` first.");
  return BUNDLE;
}

/** One side of a job as environment variables name it. */
export interface JobSide {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface JobEnvironmentOptions {
  readonly source: JobSide;
  readonly destination: JobSide;
  /** Path of the program. */
  readonly rclone: string;
  /** Folder for rclone's configuration. */
  readonly configDir: string;
  /** Settings beside the required ones; they win. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** All that a job needs, and nothing else of this process's environment. */
export function jobEnvironment(options: JobEnvironmentOptions): Record<string, string> {
  const { source, destination } = options;
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    SOURCE_S3_ENDPOINT: source.endpoint,
    SOURCE_BUCKET: source.bucket,
    SOURCE_ACCESS_KEY: source.credentials.accessKeyId,
    SOURCE_SECRET_KEY: source.credentials.secretAccessKey,
    DEST_S3_ENDPOINT: destination.endpoint,
    DEST_BUCKET: destination.bucket,
    DEST_ACCESS_KEY: destination.credentials.accessKeyId,
    DEST_SECRET_KEY: destination.credentials.secretAccessKey,
    RCLONE_PATH: options.rclone,
    CONFIG_DIR: options.configDir,
    ...options.settings,
  };
}

const summarySchema = z.object({
  event: z.literal("summary"),
  status: z.string(),
  exit_code: z.number(),
  failure_class: z.string().optional(),
  reason: z.string(),
  proof: z.string().optional(),
  objects_copied: z.number(),
  objects_deleted: z.number(),
  objects_failed: z.number(),
  objects_planned_copies: z.number().optional(),
  objects_planned_replacements: z.number().optional(),
  objects_planned_deletes: z.number().optional(),
  bytes_copied: z.number(),
  duration_seconds: z.number(),
  verify: z
    .object({ matched: z.number(), differing: z.number(), missing_at_destination: z.number() })
    .optional(),
  rclone_version: z.string().optional(),
});

/** What tests, benchmarks and the demo read of the summary line. */
export type JobSummary = z.output<typeof summarySchema>;

/** The summary in a job's output, which is its last line; `undefined` when there is none. */
export function findSummary(lines: readonly string[]): JobSummary | undefined {
  for (const line of lines.toReversed()) {
    const parsed = summarySchema.safeParse(parseJson(line));
    if (parsed.success) return parsed.data;
  }
  return undefined;
}

/** One line of a job's output. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
