// SPDX-License-Identifier: Apache-2.0
import type { JobStore, QueueStat } from "../job/job-store.ts";
import type { ServerMetrics } from "./metrics.ts";

/** Depth, age and waiting workers of every queue, asked of the store when somebody collects the metrics. */
export function observeQueues(metrics: ServerMetrics, store: JobStore, now: () => number): Disposable {
  const stack = new DisposableStack();
  const stats = shared(() => store.stats(""));
  stack.use(
    metrics.queueDepth.observe(async (observe) => {
      for (const stat of await stats()) {
        const { queue, scheduled, delayed, running, completed, failed, cancelled, dead } = stat;
        const counts = { scheduled, delayed, running, completed, failed, cancelled, dead };
        for (const state of states) observe(counts[state], { queue, state });
      }
    }),
  );
  stack.use(
    metrics.queueOldestAge.observe(async (observe) => {
      for (const { queue, oldestScheduledAtMs } of await stats()) {
        const ageMs = oldestScheduledAtMs === undefined ? 0 : Math.max(0, now() - oldestScheduledAtMs);
        observe(ageMs / 1000, { queue });
      }
    }),
  );
  stack.use(
    metrics.waitingWorkers.observe(async (observe) => {
      for (const { queue, waitingWorkers } of await stats()) observe(waitingWorkers, { queue });
    }),
  );
  return stack;
}

const states = ["scheduled", "delayed", "running", "completed", "failed", "cancelled", "dead"] as const;

/** All that ask in one collection share an answer. */
function shared(ask: () => Promise<readonly QueueStat[]>): () => Promise<readonly QueueStat[]> {
  let pending: Promise<readonly QueueStat[]> | undefined;
  return () => {
    pending ??= ask().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}
