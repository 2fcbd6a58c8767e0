// SPDX-License-Identifier: Apache-2.0
import type { NameReport } from "../names/index.ts";
import type { Settings } from "../settings/settings.ts";
import type { Budget } from "./budget.ts";
import type { PassContext } from "./pass.ts";
import type { JobRecord } from "./record.ts";

/** What the steps of one job share, once rclone can be run. */
export interface JobContext extends PassContext {
  readonly settings: Settings;
  readonly record: JobRecord;
  readonly budget: Budget;
  /** Told what a look at the names of both sides gave. */
  readonly onNames: (report: NameReport) => void;
  /** Path of a file of this run's directory, which is gone when the run is. */
  readonly pathOf: (name: string) => string;
}
