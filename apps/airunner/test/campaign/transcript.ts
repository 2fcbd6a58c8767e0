// SPDX-License-Identifier: Apache-2.0
import { describeItem, type LogItem } from "./log-item.ts";

/** What one reader was given of one job, in its order. */
export interface Transcript {
  /** For messages: "monitor 3". */
  readonly reader: string;
  readonly jobId: string;
  /** First sequence that was asked for, in the attempt that was the latest then; at least 1. */
  readonly fromSequence: number;
  readonly items: LogItem[];
  /** The reader was told that this is all. */
  isComplete: boolean;
}

type Logs = ReadonlyMap<number, readonly LogItem[]>;

/**
 * Compares what a reader was given with the logs of the job, by attempt. A reader that was killed must have a
 * beginning of it, one that came to the end all of it.
 */
export function checkTranscript(transcript: Transcript, logs: Logs): string[] {
  // Which attempt was the latest when it asked nobody knows, if that one had not come as far as it asked for.
  const first = transcript.items[0]?.attempt ?? Math.max(0, ...logs.keys());
  const before = [...logs.keys()].filter((attempt) => attempt < first);
  const found = [first, ...before].map((attempt) =>
    compare(transcript, expectedItems(transcript, attempt, logs)),
  );
  return found.some((one) => one === undefined) ? [] : found.slice(0, 1).flatMap((one) => one ?? []);
}

function compare(transcript: Transcript, expected: readonly LogItem[]): string | undefined {
  const { reader, jobId, items, isComplete } = transcript;
  const about = `${reader} of job ${jobId}`;
  for (const [index, item] of items.entries()) {
    const wanted = expected[index];
    if (wanted === undefined) return `${about} was given ${describeItem(item)} behind the end of the log.`;
    if (wanted.attempt !== item.attempt || wanted.sequence !== item.sequence)
      return `${about} was given ${describeItem(item)} where ${describeItem(wanted)} comes next.`;
    if (wanted.digest !== item.digest) return `${about} was given another content of ${describeItem(item)}.`;
  }
  const missing = expected[items.length];
  if (!isComplete || missing === undefined) return undefined;
  return `${about} was told that it has everything, but ${describeItem(missing)} never came.`;
}

/** What comes from `first` on, counted from where the reader began. */
function expectedItems({ fromSequence }: Transcript, first: number, logs: Logs): readonly LogItem[] {
  return [...logs]
    .filter(([attempt]) => attempt >= first)
    .toSorted(([a], [b]) => a - b)
    .flatMap(([attempt, log]) =>
      attempt === first ? log.filter(({ sequence }) => sequence >= fromSequence) : log,
    );
}
