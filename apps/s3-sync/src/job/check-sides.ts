// SPDX-License-Identifier: Apache-2.0
import { JobError } from "../outcome/job-error.ts";
import { refuseEmptySource } from "../plan/guard.ts";
import { preflight, type SideReport } from "../preflight/index.ts";
import { type RcloneVersion, readRcloneVersion } from "../rclone/version.ts";
import type { Settings } from "../settings/settings.ts";
import { overlaps } from "../side.ts";
import type { JobRecord } from "./record.ts";

export interface CheckOptions {
  readonly settings: Settings;
  readonly record: JobRecord;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

interface Sides {
  readonly source: SideReport;
  readonly destination: SideReport;
  /** By what the endpoints show, where their names tell nothing. */
  readonly isSamePlace: boolean;
}

async function probeSides({ settings, environment, signal }: CheckOptions): Promise<Sides> {
  const { source, destination, caCert } = settings;
  return preflight({
    source,
    destination,
    isDryRun: settings.isDryRun,
    createDestinationBucket: settings.createDestinationBucket,
    insecureSkipVerify: settings.skipsCertificateCheck,
    env: environment,
    signal,
    ...(caCert !== undefined && { caCert }),
  });
}

/** Asks rclone and both sides at once; without an rclone there is no use in waiting for the sides. */
async function askAll(options: CheckOptions): Promise<[RcloneVersion, Sides]> {
  const { settings, environment, signal } = options;
  const noRclone = new AbortController();
  const either = AbortSignal.any([signal, noRclone.signal]);
  const version = readRcloneVersion(settings.rclonePath, environment, signal);
  version.catch((error: unknown) => noRclone.abort(error));
  const [rclone, sides] = await Promise.allSettled([version, probeSides({ ...options, signal: either })]);
  if (rclone.status === "rejected") throw rclone.reason;
  if (sides.status === "rejected") throw sides.reason;
  return [rclone.value, sides.value];
}

function refuseOverlap({ source, destination }: Settings, isSamePlace: boolean): void {
  if (isSamePlace) {
    throw new JobError(
      "config",
      `The source and the destination overlap: bucket ${source.bucket} shows the same objects, written at the same times, at ${source.endpoint.host} and at ${destination.endpoint.host}, so both endpoints lead to one place; mirroring a place onto itself would delete it, so nothing was done. Check SOURCE_S3_ENDPOINT and DEST_S3_ENDPOINT.`,
      { isRefusal: true },
    );
  }
  if (!overlaps(source, destination)) return;
  throw new JobError(
    "config",
    `The source and the destination overlap: they are one place, or one holds the other (${source.endpoint.host}, bucket ${source.bucket}); mirroring a place onto itself would delete it, so nothing was done.`,
    { isRefusal: true },
  );
}

/**
 * Everything that can be known before rclone lists: it runs, both sides answer, they are two places, and the source
 * is not empty while the destination is full.
 *
 * @throws {JobError} or {PreflightError}
 */
export async function checkSides(
  options: CheckOptions,
): Promise<{ readonly version: RcloneVersion; readonly destinationIsEmpty: boolean }> {
  const { settings, record } = options;
  const [version, sides] = await askAll(options);
  record.rcloneVersion = version.text;
  for (const warning of [...sides.source.warnings, ...sides.destination.warnings]) record.warn(warning);
  refuseOverlap(settings, sides.isSamePlace);
  if (sides.source.isEmpty && !sides.destination.isEmpty && !settings.allowsEmptySource) refuseEmptySource();
  return { version, destinationIsEmpty: sides.destination.isEmpty };
}
