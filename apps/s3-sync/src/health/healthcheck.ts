// SPDX-License-Identifier: Apache-2.0
import { formatDuration } from "@repo/service";
import { toRcloneEnvironment } from "../rclone/environment.ts";
import { readRcloneVersion } from "../rclone/version.ts";
import type { Settings } from "../settings/settings.ts";
import { readHeartbeatAge } from "./heartbeat.ts";

/** How long rclone may be silent: three statistics, and a minute for a busy machine. */
export function silenceLimitMs(statsIntervalMs: number): number {
  return 3 * statsIntervalMs + 60_000;
}

export type HealthSettings = Pick<Settings, "rclonePath" | "configDir" | "statsIntervalMs">;

/**
 * Whether rclone works and a run that is under way shows life. No run is no fault.
 *
 * @returns the reason why not, `undefined` when all is well
 * @throws {JobError} when rclone cannot be run
 */
export async function checkHealth(
  { rclonePath, configDir, statsIntervalMs }: HealthSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  await readRcloneVersion(rclonePath, toRcloneEnvironment(env));
  const ageMs = await readHeartbeatAge(configDir);
  const limitMs = silenceLimitMs(statsIntervalMs);
  if (ageMs === undefined || ageMs <= limitMs) return undefined;
  return `rclone has been silent for ${formatDuration(Math.round(ageMs / 1000) * 1000)}, longer than ${formatDuration(limitMs)}`;
}
