// SPDX-License-Identifier: Apache-2.0
import type { Claim, ClaimRequest, WeightedQueue } from "../../job/job-store.ts";
import type { JobTable } from "./job-table.ts";
import { unlink } from "./linked-list.ts";
import { type JobRow, laneOf, type QueueRow } from "./rows.ts";
import { WaitingClaim } from "./waiting-claim.ts";

export interface DispatcherOptions {
  readonly table: JobTable;
  /** 0 up to and without 1. */
  readonly random: () => number;
  /** Begins the job's next attempt. */
  readonly start: (row: JobRow, request: ClaimRequest) => Claim;
}

interface Candidate {
  readonly queue: QueueRow;
  readonly weight: number;
}

/**
 * Brings ready jobs and claims together, each in O(1): a job that becomes ready goes to the claim that has waited
 * longest in its queue, in the same tick; else it is put into its lane, where the next claim finds it. So a queue
 * never has both.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #positions = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /**
   * The job is ready: hands it out, or keeps it in its queue and priority; at the back, or, where it comes back, in
   * front of what came after it.
   */
  offer(row: JobRow, end: "front" | "back"): void {
    if (end === "back") row.position = this.#positions++;
    const waiting = row.queue.waiting.first;
    if (waiting !== undefined) {
      waiting.settle([this.#options.start(row, waiting.request)]);
      return;
    }
    this.#options.table.move(row, "ready");
    const lane = row.queue.lanes[laneOf(row.job.priority)];
    if (end === "front") lane?.putBack(row.place);
    else lane?.append(row.place);
  }

  async claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]> {
    if (signal.aborted) return [];
    const claims = this.#claimNow(request);
    if (claims.length > 0) return claims;
    const queues = request.queues.map(({ queue }) => this.#options.table.queue(queue));
    const waiting = new WaitingClaim(request, queues, signal);
    try {
      return await waiting.claims;
    } finally {
      for (const queue of queues) this.#options.table.dropIfUnused(queue);
    }
  }

  #claimNow(request: ClaimRequest): readonly Claim[] {
    const claims: Claim[] = [];
    while (claims.length < request.maxJobs) {
      const queue = this.#choose(request.queues);
      const row = queue?.lanes.find((lane) => lane.first !== undefined)?.first;
      if (row === undefined) break;
      unlink(row.place);
      claims.push(this.#options.start(row, request));
    }
    return claims;
  }

  /** One of the queues that have a ready job, with a probability in proportion to its weight. */
  #choose(queues: readonly WeightedQueue[]): QueueRow | undefined {
    const [only] = queues;
    if (queues.length === 1) return only === undefined ? undefined : this.#options.table.find(only.queue);
    const candidates: Candidate[] = [];
    let weights = 0;
    for (const { queue: name, weight } of queues) {
      const queue = this.#options.table.find(name);
      if (queue === undefined || queue.sets.ready.size === 0) continue;
      candidates.push({ queue, weight });
      weights += weight;
    }
    let rest = this.#options.random() * weights;
    return candidates.find(({ weight }) => (rest -= weight) < 0)?.queue ?? candidates.at(-1)?.queue;
  }

  /** Answers every waiting claim with no job. */
  close(): void {
    const waiting = [...this.#options.table.queues()].flatMap((queue) => queue.waiting.values());
    for (const claim of waiting) claim.settle([]);
  }
}
