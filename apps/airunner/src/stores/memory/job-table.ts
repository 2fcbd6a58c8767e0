// SPDX-License-Identifier: Apache-2.0
import { JobState } from "../../gen/job/v1/job_pb.ts";
import type { Job } from "../../job/job.ts";
import type { JobPage, ListQuery, QueueStat } from "../../job/job-store.ts";
import { type OrdinalSet, walkOrdinals } from "./ordinal-set.ts";
import {
  type ClassSets,
  createClassSets,
  createQueueRow,
  type JobClass,
  type JobRow,
  jobClasses,
  type QueueRow,
} from "./rows.ts";

const classesByState: ReadonlyMap<JobState, readonly JobClass[]> = new Map([
  [JobState.SCHEDULED, ["ready", "delayed"]],
  [JobState.RUNNING, ["running"]],
  [JobState.COMPLETED, ["completed"]],
  [JobState.FAILED, ["failed", "dead"]],
  [JobState.CANCELLED, ["cancelled"]],
]);

function classesOf({ state, deadOnly }: ListQuery): readonly JobClass[] {
  const classes = state === JobState.UNSPECIFIED ? jobClasses : (classesByState.get(state) ?? []);
  return deadOnly ? classes.filter((jobClass) => jobClass === "dead") : classes;
}

/**
 * All jobs: by id, by request id, and in order of creation by queue and class. Adding, deleting and moving a job are
 * O(1) but for the search among chunks (see {@link OrdinalSet}). A page costs its size plus a step for every
 * thousand jobs before it; one filtered by attempt looks at every job that matches otherwise.
 */
export class JobTable {
  readonly #byId = new Map<string, JobRow>();
  readonly #byOrdinal = new Map<number, JobRow>();
  readonly #byRequestId = new Map<string, JobRow>();
  readonly #queues = new Map<string, QueueRow>();
  readonly #sets: ClassSets = createClassSets();

  /** Of all jobs. */
  get size(): number {
    return this.#byId.size;
  }

  get(jobId: string): JobRow | undefined {
    return this.#byId.get(jobId);
  }

  getByRequestId(requestId: string): JobRow | undefined {
    return this.#byRequestId.get(requestId);
  }

  queues(): IterableIterator<QueueRow> {
    return this.#queues.values();
  }

  find(queue: string): QueueRow | undefined {
    return this.#queues.get(queue);
  }

  /** Finds the queue or makes it. */
  queue(name: string): QueueRow {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = createQueueRow(name);
    this.#queues.set(name, queue);
    return queue;
  }

  /** Forgets a queue that has neither jobs nor waiting claims. */
  dropIfUnused(queue: QueueRow): void {
    if (queue.waiting.size > 0 || jobClasses.some((jobClass) => queue.sets[jobClass].size > 0)) return;
    // A queue of this name may have been made anew.
    if (this.#queues.get(queue.name) === queue) this.#queues.delete(queue.name);
  }

  /** Its class is set apart, by {@link move}. */
  add(row: JobRow): void {
    this.#byId.set(row.job.jobId, row);
    this.#byOrdinal.set(row.ordinal, row);
    if (row.job.requestId !== "") this.#byRequestId.set(row.job.requestId, row);
  }

  delete(row: JobRow): void {
    this.move(row, undefined);
    this.#byId.delete(row.job.jobId);
    this.#byOrdinal.delete(row.ordinal);
    if (row.job.requestId !== "") this.#byRequestId.delete(row.job.requestId);
    this.dropIfUnused(row.queue);
  }

  /** Counts and lists the job in another class; in none where it is `undefined`. */
  move(row: JobRow, jobClass: JobClass | undefined): void {
    const { jobClass: former, ordinal, queue } = row;
    if (former === jobClass) return;
    if (former !== undefined) {
      this.#sets[former].delete(ordinal);
      queue.sets[former].delete(ordinal);
    }
    if (jobClass !== undefined) {
      this.#sets[jobClass].add(ordinal);
      queue.sets[jobClass].add(ordinal);
    }
    row.jobClass = jobClass;
  }

  list(query: ListQuery): JobPage {
    const classes = classesOf(query);
    const classSets = query.queue === "" ? this.#sets : this.#queues.get(query.queue)?.sets;
    const sets = classSets === undefined ? [] : classes.map((jobClass) => classSets[jobClass]);
    const skip = (query.page - 1) * query.pageSize;
    return query.attempt === 0 ? this.#page(sets, query, skip) : this.#filteredPage(sets, query, skip);
  }

  #page(sets: readonly OrdinalSet[], { newestFirst, pageSize }: ListQuery, skip: number): JobPage {
    const jobs: Job[] = [];
    for (const ordinal of walkOrdinals(sets, { newestFirst, skip })) {
      const row = this.#byOrdinal.get(ordinal);
      if (row !== undefined) jobs.push(row.job);
      if (jobs.length >= pageSize) break;
    }
    return { jobs, total: sets.reduce((sum, set) => sum + set.size, 0) };
  }

  #filteredPage(
    sets: readonly OrdinalSet[],
    { newestFirst, pageSize, attempt }: ListQuery,
    skip: number,
  ): JobPage {
    const jobs: Job[] = [];
    let total = 0;
    for (const ordinal of walkOrdinals(sets, { newestFirst, skip: 0 })) {
      const job = this.#byOrdinal.get(ordinal)?.job;
      if (job?.attempt !== attempt) continue;
      total += 1;
      if (total > skip && jobs.length < pageSize) jobs.push(job);
    }
    return { jobs, total };
  }

  /** Of one queue, known or not; of all known ones, by name, where `queue` is "". */
  stats(queue: string): readonly QueueStat[] {
    if (queue !== "") return [this.#stat(this.#queues.get(queue) ?? createQueueRow(queue))];
    return [...this.#queues.values()]
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .map((row) => this.#stat(row));
  }

  #stat({ name, sets, waiting }: QueueRow): QueueStat {
    const oldest = sets.ready.first;
    return {
      queue: name,
      scheduled: sets.ready.size,
      delayed: sets.delayed.size,
      running: sets.running.size,
      completed: sets.completed.size,
      failed: sets.failed.size + sets.dead.size,
      cancelled: sets.cancelled.size,
      dead: sets.dead.size,
      oldestScheduledAtMs: oldest === undefined ? undefined : this.#byOrdinal.get(oldest)?.job.createdAtMs,
      waitingWorkers: waiting.size,
    };
  }
}
