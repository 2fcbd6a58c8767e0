// SPDX-License-Identifier: Apache-2.0
import type { JobStore } from "../job/job-store.ts";
import type { StoreSettings } from "./settings/settings.ts";
import { StartError } from "./start-error.ts";

/**
 * Opens the store that the settings name. Each is loaded when it is asked for: nobody pays for the libraries of
 * another.
 *
 * @throws {StartError} where it cannot be had
 */
export async function openStore(settings: StoreSettings): Promise<JobStore> {
  switch (settings.type) {
    case "memory": {
      const { createMemoryStore } = await import("../stores/memory/memory-store.ts");
      const { type: _, retentionMs, ...options } = settings;
      return createMemoryStore({
        finishedJobRetentionMs: retentionMs,
        eventRetentionMs: retentionMs,
        ...options,
      });
    }
    case "sqlite":
    case "sqs":
      throw new StartError(
        `This build of airunner-server does not have the store ${settings.type} yet; use --store memory, which loses its jobs at a restart.`,
      );
    default:
      return settings satisfies never;
  }
}
