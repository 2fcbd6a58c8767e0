// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import type { Summary } from "./summary.ts";
import { writeTerminationMessage } from "./termination-message.ts";

/** Writes the summary as a line of the log, whatever the level is, and as the container's termination message. */
export async function reportSummary(
  logger: Logger,
  summary: Summary,
  terminationLogPath: string,
): Promise<void> {
  const always = logger.child({}, { level: "info" });
  // Every line of the logger's has the run's id already.
  const { run_id: _runId, ...fields } = summary;
  const message = `${summary.status}: ${summary.reason}`;
  if (summary.exit_code === 0) always.info(fields, message);
  else always.error(fields, message);
  await writeTerminationMessage(terminationLogPath, summary);
}
