// SPDX-License-Identifier: Apache-2.0
import { type Clock, waitMs } from "@repo/http-retry";
import type { CancelFlag, JobServer } from "./job-server.ts";
import { classifyServerFailure } from "./server-failure.ts";

export interface CancelWatchOptions {
  readonly server: Pick<JobServer, "poll">;
  readonly taskToken: string;
  readonly clock: Clock;
  /** Milliseconds since the server last told whether to cancel; 0 while it is being told something. */
  readonly quietMs: () => number;
  readonly onAnswer: (flag: CancelFlag) => void;
}

/** Milliseconds of silence after which the server is asked. */
const askAfterMs = 2000;
/** The same while it does not answer. */
const longestWaitMs = 10_000;

/**
 * Asks whether a job is to be stopped that prints nothing, and so gets no answers that would say so: its heartbeat and
 * the renewal of its lease come much too seldom for somebody who waits for the cancelling.
 *
 * @returns whether the lease is lost; `false` once `signal` aborts
 */
export async function watchForCancel(options: CancelWatchOptions, signal: AbortSignal): Promise<boolean> {
  const { server, taskToken, clock, quietMs, onAnswer } = options;
  for (let wait = askAfterMs; ; ) {
    if (!(await waited(wait, signal, clock))) return false;
    const leftMs = askAfterMs - quietMs();
    if (leftMs > 0) {
      wait = leftMs;
      continue;
    }
    try {
      const flag = await server.poll(taskToken, signal);
      if (flag !== undefined) onAnswer(flag);
      wait = askAfterMs;
    } catch (error) {
      if (signal.aborted) return false;
      if (classifyServerFailure(error) === "lost") return true;
      // Who keeps the lease says so in the log.
      wait = Math.min(2 * wait, longestWaitMs);
    }
  }
}

async function waited(ms: number, signal: AbortSignal, clock: Clock): Promise<boolean> {
  try {
    await waitMs(ms, signal, clock);
    return true;
  } catch {
    return false;
  }
}
