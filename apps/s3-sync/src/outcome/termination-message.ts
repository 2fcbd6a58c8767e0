// SPDX-License-Identifier: Apache-2.0
import { open } from "node:fs/promises";
import type { Summary } from "./summary.ts";

/** Kubernetes keeps no more of it. */
export const MAX_TERMINATION_BYTES = 4096;

const MAX_TEXT = 300;

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}

/** Ever shorter forms of a summary, the whole one first; the last fits whatever the names are. */
function* forms(summary: Summary): Generator {
  yield summary;
  const short = {
    ...summary,
    reason: shorten(summary.reason),
    warnings: summary.warnings.slice(0, 3).map(shorten),
  };
  yield short;
  const bare = {
    ...short,
    warnings: [],
    top_errors: summary.top_errors.map(({ code, count }) => ({ code, count })),
  };
  yield bare;
  const { event, status, exit_code, failure_class, run_id } = summary;
  yield { event, status, exit_code, failure_class, reason: shorten(summary.reason), run_id };
}

/** The summary as JSON of at most 4,096 bytes, always whole JSON: what is long and dispensable goes first. */
export function toTerminationMessage(summary: Summary): string {
  let text = "";
  for (const form of forms(summary)) {
    text = JSON.stringify(form);
    if (Buffer.byteLength(text) <= MAX_TERMINATION_BYTES) break;
  }
  return text;
}

/**
 * Writes the summary where the kubelet reads it. The file is there in a pod and nowhere else: it is not created.
 *
 * @returns whether it was written
 */
export async function writeTerminationMessage(path: string, summary: Summary): Promise<boolean> {
  try {
    const file = await open(path, "r+");
    try {
      await file.truncate(0);
      await file.writeFile(toTerminationMessage(summary));
    } finally {
      await file.close();
    }
    return true;
  } catch {
    return false;
  }
}
