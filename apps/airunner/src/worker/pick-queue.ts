// SPDX-License-Identifier: Apache-2.0
import type { WorkQueue } from "./job-server.ts";

/** One of `queues`, with a probability in proportion to its weight. @throws {TypeError} for none */
export function pickQueue(queues: readonly WorkQueue[], random: () => number): WorkQueue {
  const total = queues.reduce((sum, { weight }) => sum + weight, 0);
  let at = random() * total;
  for (const queue of queues) {
    at -= queue.weight;
    if (at < 0) return queue;
  }
  const last = queues.at(-1);
  if (last === undefined) throw new TypeError("A worker needs a queue.");
  return last;
}
