// SPDX-License-Identifier: Apache-2.0
import { waitMs } from "@repo/http-retry";
import type { ClientError, ClientErrorCode } from "../client/client-error.ts";
import { type CallContext, callWaitMs, untilAnswered } from "./call-retry.ts";
import type { ClaimedJob, WorkQueue } from "./job-server.ts";
import { StopSwitch } from "./job-stop.ts";
import { recoverSpools } from "./recover-spools.ts";
import { runAttempt } from "./run-attempt.ts";
import { classifyServerFailure } from "./server-failure.ts";
import type { WorkerServices } from "./worker-services.ts";

export interface WorkerOptions {
  readonly services: WorkerServices;
  readonly queues: readonly WorkQueue[];
  /** Jobs at the same time; at least 1. */
  readonly concurrency: number;
  /** Shown with the attempts. */
  readonly name: string;
  /** Milliseconds that running jobs have once the worker is asked to stop. */
  readonly drainMs: number;
  /** Whether another token may be put in the place of one that the server refuses. */
  readonly canTokenChange: boolean;
  /** What a call to the server failed with, as a sentence for people. */
  readonly explain: (error: unknown) => ClientError;
  /** Aborts when no more jobs are to be taken; those that run may end. */
  readonly drain: AbortSignal;
  /** Aborts when everything is to stop now. */
  readonly force: AbortSignal;
}

/** A worker that cannot go on. The cause is what the server said. */
export class WorkerError extends Error {
  override readonly name: string = "WorkerError";
}

/** Beyond the jobs' own grace: for last output, and for giving jobs back. */
const handBackMs = 15_000;
/** The same when everything is to stop now. */
const hurriedHandBackMs = 3000;
/**
 * A certificate that nothing here vouches for, an end that speaks something else: at the start a mistake of whoever
 * started this worker, which no waiting mends, since what is trusted was read already. Once the server has answered, it
 * is the server's, and may pass.
 */
const wrongAddressCodes: ReadonlySet<ClientErrorCode> = new Set(["untrusted_certificate", "wrong_protocol"]);
/** A poll that ends sooner without a job was not a wait. */
const shortestPollMs = 1000;

/**
 * Takes jobs and runs them until `drain` aborts, then lets those that run end within `drainMs`, and gives back the
 * others.
 *
 * @throws {WorkerError} when the server will never hand out anything to this worker; running jobs have ended then
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  await new Worker(options).run();
}

interface RunningJob {
  readonly stop: StopSwitch;
  readonly done: Promise<void>;
}

class Worker {
  readonly #options: WorkerOptions;
  readonly #running = new Set<RunningJob>();
  readonly #abandon = new AbortController();
  #slotFreed = Promise.withResolvers<void>();
  #hasMetServer = false;
  #lastFailure: ClientErrorCode | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { services, queues, concurrency, name, drain } = this.#options;
    services.log.info(
      { server: services.server.address, queues, concurrency, worker: name },
      "worker started",
    );
    const recovering = recoverSpools(services, this.#abandon.signal).catch((err: unknown) =>
      services.log.error({ err }, "the spool folder could not be searched"),
    );
    try {
      await this.#poll();
    } finally {
      services.log.info({ jobs: this.#running.size, asked: drain.aborted }, "worker takes no more jobs");
      await this.#drain();
      this.#abandon.abort(new Error("The worker ends."));
      await recovering;
    }
    services.log.info({}, "worker stopped");
  }

  async #poll(): Promise<void> {
    const { services, concurrency, drain } = this.#options;
    const { clock, random } = services;
    for (let failures = 0; !drain.aborted; ) {
      if (this.#running.size >= concurrency) {
        await this.#untilSlotIsFree();
        continue;
      }
      const startedAt = clock.now();
      const { claims, error } = await this.#dequeue();
      if (drain.aborted) return;
      if (error === undefined && (claims > 0 || clock.now() - startedAt >= shortestPollMs)) {
        if (failures > 0) services.log.info({ calls: failures }, "the server can be asked for jobs again");
        failures = 0;
        this.#hasMetServer = true;
        continue;
      }
      failures += 1;
      const failure = this.#onFailedPoll(error, failures);
      await waitMs(callWaitMs(failure, failures, random), drain, clock).catch(() => undefined);
    }
  }

  async #untilSlotIsFree(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = (): void => resolve();
    this.#options.drain.addEventListener("abort", stop, { once: true });
    await Promise.race([this.#slotFreed.promise, promise]);
    this.#options.drain.removeEventListener("abort", stop);
  }

  /** One wait for jobs; each is started as it comes, whatever becomes of the wait afterwards. */
  async #dequeue(): Promise<{ readonly claims: number; readonly error: unknown }> {
    const { services, queues, concurrency, name, drain } = this.#options;
    const request = {
      queues,
      maxJobs: Math.min(100, concurrency - this.#running.size),
      leaseSeconds: services.settings.leaseSeconds,
      worker: name,
    };
    let claims = 0;
    const askedAt = services.clock.now();
    try {
      for await (const claim of services.server.dequeue(request, drain)) {
        claims += 1;
        this.#start(claim, askedAt);
      }
      return { claims, error: undefined };
    } catch (error) {
      return { claims, error };
    }
  }

  #onFailedPoll(error: unknown, failures: number): ReturnType<typeof classifyServerFailure> {
    if (error === undefined) return "transient";
    const { canTokenChange, explain, services } = this.#options;
    const failure = classifyServerFailure(error);
    const { code, message } = explain(error);
    const isWrongAddress = wrongAddressCodes.has(code);
    if (
      failure === "refused" ||
      (failure === "unauthenticated" && !canTokenChange) ||
      (isWrongAddress && !this.#hasMetServer)
    ) {
      throw new WorkerError("The server hands out no jobs to this worker.", { cause: error });
    }
    if (!isWrongAddress && code !== "unreachable" && code !== "timeout") this.#hasMetServer = true;
    const isNew = code !== this.#lastFailure;
    this.#lastFailure = code;
    if (isNew || failures % 10 === 1) {
      services.log.warn(
        { failure: code, calls: failures, err: error },
        `the server cannot be asked for jobs; trying again: ${message}`,
      );
    }
    return failure;
  }

  #start(claim: ClaimedJob, claimedAt: number): void {
    const stop = new StopSwitch();
    if (this.#options.drain.aborted) stop.ask("shutdown", stopSentence);
    const done = this.#runJob(claim, claimedAt, stop).finally(() => {
      this.#running.delete(job);
      this.#slotFreed.resolve();
      this.#slotFreed = Promise.withResolvers();
    });
    const job: RunningJob = { stop, done };
    this.#running.add(job);
  }

  /** Never rejects. */
  async #runJob(claim: ClaimedJob, claimedAt: number, stop: StopSwitch): Promise<void> {
    const { services } = this.#options;
    const { job, queue } = claim;
    const fields = { jobId: job.jobId, attempt: job.attempt, queue };
    services.log.info(fields, "job taken");
    try {
      const outcome = await runAttempt({ claim, claimedAt, services, stop, abandon: this.#abandon.signal });
      services.log.debug({ ...fields, outcome }, "attempt over");
    } catch (err) {
      services.log.error({ ...fields, err }, "the job could not be run here; it is given back");
      await this.#giveBack(claim);
    }
  }

  /** For a job that could not even begin: a full disk, a spool folder that is gone. */
  async #giveBack(claim: ClaimedJob): Promise<void> {
    const { services, drain } = this.#options;
    const { server, clock, random, log } = services;
    const context: CallContext = { clock, random, onRetry: () => undefined };
    const limit = new AbortController();
    const timer = clock.setTimeout(
      () => limit.abort(new Error("Giving the job back took too long.")),
      handBackMs,
    );
    const reason = "The worker could not begin; see its log.";
    await untilAnswered(() => server.release(claim, reason, limit.signal), context, limit.signal).catch(
      (err: unknown) =>
        log.warn({ jobId: claim.job.jobId, err }, "the job could not be given back; its lease will run out"),
    );
    clock.clearTimeout(timer);
    // The slot stays taken for a while, so that a worker which can run nothing does not ask for every job in turn.
    await waitMs(beginAgainMs, drain, clock).catch(() => undefined);
  }

  /** Lets jobs end, then stops them, then gives up waiting. */
  async #drain(): Promise<void> {
    const { services, drainMs, force } = this.#options;
    const { clock, log, settings } = services;
    let timer = clock.setTimeout(() => {
      for (const { stop } of this.#running) stop.ask("shutdown", stopSentence);
      if (this.#running.size > 0)
        log.warn({ jobs: this.#running.size }, "jobs did not end in time; they are given back");
      timer = clock.setTimeout(() => this.#giveUp(), settings.killGraceMs + handBackMs);
    }, drainMs);
    const onForce = (): void => {
      clock.clearTimeout(timer);
      for (const { stop } of this.#running) stop.hurry("shutdown", stopSentence);
      timer = clock.setTimeout(() => this.#giveUp(), hurriedHandBackMs);
    };
    force.addEventListener("abort", onForce, { once: true });
    if (force.aborted) onForce();
    await Promise.all([...this.#running].map(({ done }) => done));
    force.removeEventListener("abort", onForce);
    clock.clearTimeout(timer);
  }

  #giveUp(): void {
    for (const { stop } of this.#running) stop.hurry("shutdown", stopSentence);
    this.#abandon.abort(new Error("The worker ends now."));
  }
}

const stopSentence = "The worker is being stopped.";
const beginAgainMs = 5000;
