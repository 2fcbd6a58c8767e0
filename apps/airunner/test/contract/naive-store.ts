// SPDX-License-Identifier: Apache-2.0

/** What is to be true of a job, as far as anyone outside can tell. */
export interface NaiveFacts {
  readonly state: string;
  readonly attempt: number;
  readonly counted: number;
  readonly notBeforeMs: number | undefined;
  readonly isDead: boolean;
  readonly isToBeCancelled: boolean;
  /** State and last sequence of each attempt. */
  readonly attempts: readonly string[];
  readonly leaseExpiresAtMs: number | undefined;
}

export interface NaivePolicy {
  readonly maxAttempts: number;
  readonly waitMs: number;
}

interface NaiveJob {
  readonly name: number;
  readonly queue: string;
  readonly priority: number;
  readonly policy: NaivePolicy | undefined;
  readonly attempts: { state: string; lastSequence: number }[];
  state: "waiting" | "running" | "completed" | "failed" | "cancelled";
  counted: number;
  notBeforeMs: number | undefined;
  isDelayed: boolean;
  leaseExpiresAtMs: number | undefined;
  isDead: boolean;
  isToBeCancelled: boolean;
  /** Where it stands among those that are ready. */
  position: number;
  /** Of its delay or lease among those that end at the same time. */
  order: number;
}

export interface NaiveClaim {
  readonly name: number;
  readonly attempt: number;
}

interface NaiveWaiting {
  readonly queues: readonly string[];
  readonly leaseMs: number;
  readonly claims: NaiveClaim[];
  isOver: boolean;
}

/**
 * The rules of a store in the plainest form that they can be written in: lists that are searched from end to end,
 * nothing shared with what it is held against. Names of jobs are their indexes.
 */
export class NaiveStore {
  readonly jobs: NaiveJob[] = [];
  readonly waiting: NaiveWaiting[] = [];
  nowMs: number;
  #count = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  enqueue(queue: string, priority: number, delayMs: number, policy: NaivePolicy | undefined): void {
    const job: NaiveJob = {
      name: this.jobs.length,
      queue,
      priority,
      policy,
      attempts: [],
      state: "waiting",
      counted: 0,
      notBeforeMs: undefined,
      isDelayed: false,
      leaseExpiresAtMs: undefined,
      isDead: false,
      isToBeCancelled: false,
      position: 0,
      order: 0,
    };
    this.jobs.push(job);
    this.#wait(job, delayMs);
  }

  #wait(job: NaiveJob, delayMs: number): void {
    job.state = "waiting";
    job.notBeforeMs = delayMs > 0 ? this.nowMs + delayMs : undefined;
    job.isDelayed = delayMs > 0;
    job.order = this.#count++;
    if (!job.isDelayed) this.#enterQueue(job);
  }

  #enterQueue(job: NaiveJob): void {
    job.isDelayed = false;
    job.position = this.#count++;
    this.#serve();
  }

  #next(queue: string): NaiveJob | undefined {
    return this.jobs
      .filter((job) => job.queue === queue && job.state === "waiting" && !job.isDelayed)
      .toSorted((left, right) => right.priority - left.priority || left.position - right.position)[0];
  }

  #serve(): void {
    for (const claim of this.waiting) {
      const job = claim.isOver ? undefined : this.#nextOf(claim.queues);
      if (job === undefined) continue;
      claim.isOver = true;
      claim.claims.push(this.#start(job, claim.leaseMs));
    }
  }

  #start(job: NaiveJob, leaseMs: number): NaiveClaim {
    job.state = "running";
    job.notBeforeMs = undefined;
    job.counted += 1;
    job.leaseExpiresAtMs = this.nowMs + leaseMs;
    job.order = this.#count++;
    job.attempts.push({ state: "running", lastSequence: 0 });
    return { name: job.name, attempt: job.attempts.length };
  }

  /** Of several queues that have jobs the last one: where chance is always as high as it gets, and weights are one. */
  #nextOf(queues: readonly string[]): NaiveJob | undefined {
    return queues.map((queue) => this.#next(queue)).findLast((job) => job !== undefined);
  }

  claim(queues: readonly string[], maxJobs: number, leaseMs: number): readonly NaiveClaim[] {
    const claims: NaiveClaim[] = [];
    while (claims.length < maxJobs) {
      const job = this.#nextOf(queues);
      if (job === undefined) break;
      claims.push(this.#start(job, leaseMs));
    }
    return claims;
  }

  /** A claim where nothing is ready. */
  startWaiting(queues: readonly string[], leaseMs: number): NaiveWaiting {
    const claim = { queues, leaseMs, claims: [], isOver: false };
    this.waiting.push(claim);
    return claim;
  }

  held({ name, attempt }: NaiveClaim): NaiveJob | undefined {
    const job = this.jobs[name];
    return job?.state === "running" && job.attempts.length === attempt ? job : undefined;
  }

  #endAttempt(job: NaiveJob, state: string): void {
    const attempt = job.attempts.at(-1);
    if (attempt !== undefined) attempt.state = state;
    job.leaseExpiresAtMs = undefined;
  }

  complete(job: NaiveJob, isSuccess: boolean): void {
    if (isSuccess) {
      this.#endAttempt(job, "succeeded");
      job.state = "completed";
      job.isToBeCancelled = false;
    } else if (job.isToBeCancelled) {
      this.#endAttempt(job, "cancelled");
      job.state = "cancelled";
    } else {
      this.#endAttempt(job, "failed");
      if (job.policy === undefined) job.state = "failed";
      else this.#repeat(job, job.policy.maxAttempts, false);
    }
  }

  #repeat(job: NaiveJob, maxAttempts: number, keepsPosition: boolean): void {
    if (job.counted >= maxAttempts) {
      job.state = "failed";
      job.isDead = true;
      return;
    }
    const waitMs = job.policy?.waitMs ?? 0;
    if (waitMs > 0 || !keepsPosition) this.#wait(job, waitMs);
    else {
      job.state = "waiting";
      this.#serve();
    }
  }

  release(job: NaiveJob): void {
    this.#endAttempt(job, "released");
    job.counted -= 1;
    job.state = job.isToBeCancelled ? "cancelled" : "waiting";
    this.#serve();
  }

  extend(job: NaiveJob, leaseMs: number): void {
    job.leaseExpiresAtMs = this.nowMs + leaseMs;
    job.order = this.#count++;
  }

  append(job: NaiveJob, toSequence: number): void {
    const attempt = job.attempts.at(-1);
    if (attempt !== undefined) attempt.lastSequence = Math.max(attempt.lastSequence, toSequence);
  }

  /** @returns whether it could be cancelled */
  cancel(name: number): boolean {
    const job = this.jobs[name];
    if (job === undefined || job.state === "completed" || job.state === "failed") return false;
    job.isToBeCancelled = true;
    if (job.state === "waiting") {
      job.state = "cancelled";
      job.notBeforeMs = undefined;
      job.isDelayed = false;
    }
    return true;
  }

  /** @returns whether it could be retried */
  retry(name: number): boolean {
    const job = this.jobs[name];
    if (job === undefined || (job.state !== "failed" && job.state !== "cancelled")) return false;
    job.counted = 0;
    job.isDead = false;
    job.isToBeCancelled = false;
    this.#wait(job, 0);
    return true;
  }

  /** Lets time pass from one end of a lease or delay to the next. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const [due] = this.jobs
        .filter((job) => job.state === "running" || job.isDelayed)
        .map((job) => ({ job, atMs: (job.isDelayed ? job.notBeforeMs : job.leaseExpiresAtMs) ?? Infinity }))
        .filter(({ atMs }) => atMs <= endMs)
        .toSorted((left, right) => left.atMs - right.atMs || left.job.order - right.job.order);
      if (due === undefined) break;
      this.nowMs = due.atMs;
      if (due.job.isDelayed) this.#enterQueue(due.job);
      else this.#lose(due.job);
    }
    this.nowMs = endMs;
  }

  #lose(job: NaiveJob): void {
    this.#endAttempt(job, "lost");
    if (job.isToBeCancelled) job.state = "cancelled";
    else this.#repeat(job, job.policy?.maxAttempts ?? 3, true);
  }

  facts(job: NaiveJob): NaiveFacts {
    return {
      state: job.state,
      attempt: job.attempts.length,
      counted: job.counted,
      notBeforeMs: job.notBeforeMs,
      isDead: job.isDead,
      isToBeCancelled: job.isToBeCancelled,
      attempts: job.attempts.map(({ state, lastSequence }) => `${state} ${lastSequence}`),
      leaseExpiresAtMs: job.leaseExpiresAtMs,
    };
  }
}
