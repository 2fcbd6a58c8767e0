// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import type { JobStore } from "../../job/job-store.ts";
import type { TaskTokens } from "../../job/task-token.ts";
import type { ServerMetrics } from "../metrics.ts";
import type { ServerSettings } from "../settings/settings.ts";

/** What all methods work with. */
export interface ServiceOptions extends Pick<ServerSettings, "execution" | "defaultLeaseSeconds"> {
  readonly store: JobStore;
  readonly tokens: TaskTokens;
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}
