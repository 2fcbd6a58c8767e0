// SPDX-License-Identifier: Apache-2.0
import { toBinary } from "@bufbuild/protobuf";
import { type JobResult, JobResultSchema } from "../gen/job/v1/job_pb.ts";
import { heartbeatIntervalMs, resolveBatching } from "./batching-limits.ts";
import { type CallContext, CallEnded, untilAnswered } from "./call-retry.ts";
import { watchForCancel } from "./cancel-watch.ts";
import { EventRecorder } from "./event-recorder.ts";
import { executeJob } from "./execute-job.ts";
import { toJobResult } from "./job-result.ts";
import type { CancelFlag, ClaimedJob } from "./job-server.ts";
import type { StopSwitch } from "./job-stop.ts";
import { LeaseEnd } from "./lease-end.ts";
import { keepLease } from "./lease-keeper.ts";
import { Publisher } from "./publisher.ts";
import type { SpoolFile } from "./spool/spool-file.ts";
import type { WorkerServices } from "./worker-services.ts";

/**
 * What became of an attempt: `completed` (reported, whatever the result), `released` (given back), `lost` (another has
 * it, or will), `kept` (the server could not be told in time; the spool tells it when a worker starts again).
 */
export type AttemptOutcome = "completed" | "released" | "lost" | "kept";

export interface AttemptOptions {
  readonly claim: ClaimedJob;
  /** By the services' clock: the claim was made no earlier. */
  readonly claimedAt: number;
  readonly services: WorkerServices;
  /** Stops the job from outside. */
  readonly stop: StopSwitch;
  /** Aborts when nothing may be waited for any more: what is not handed in stays in the spool. */
  readonly abandon: AbortSignal;
}

/** Runs one claimed job from its spool's first byte to the server's last answer. */
export async function runAttempt(options: AttemptOptions): Promise<AttemptOutcome> {
  const { claim, services } = options;
  const { job } = claim;
  const spool = await services.folder.create({
    version: 1,
    jobId: job.jobId,
    attempt: job.attempt,
    queue: claim.queue,
    server: services.server.address,
    taskToken: claim.taskToken,
    createdAtMs: services.clock.date(),
  });
  return await new Attempt(options, spool).run();
}

/** Time that a job which is given back has for its last output, so that the next attempt need not wait for long. */
const releaseDrainMs = 5000;

const givenUp = "the server has given it up or handed it to another worker";

class Attempt {
  readonly #options: AttemptOptions;
  readonly #spool: SpoolFile;
  readonly #recorder: EventRecorder;
  readonly #publisher: Publisher;
  readonly #fields: { readonly jobId: string; readonly attempt: number };
  readonly #context: CallContext;
  /** Aborts when the attempt is over for us: done, lost or abandoned. Its reason says which. */
  readonly #over = new AbortController();
  /** Resolves when the server takes no more events of ours. */
  readonly #refused = Promise.withResolvers<void>();
  readonly #leaseEnd = new LeaseEnd();
  #isLost = false;

  constructor(options: AttemptOptions, spool: SpoolFile) {
    const { claim, services } = options;
    this.#options = options;
    this.#spool = spool;
    this.#fields = { jobId: claim.job.jobId, attempt: claim.job.attempt };
    this.#context = {
      clock: services.clock,
      random: services.random,
      onRetry: (failure, err, calls) =>
        services.log.warn(
          { ...this.#fields, failure, calls, err },
          "the server did not take a call; trying again",
        ),
    };
    this.#publisher = new Publisher({
      server: services.server,
      taskToken: claim.taskToken,
      spool,
      context: this.#context,
      onAnswer: (flag) => this.#onAnswer(flag),
    });
    this.#recorder = new EventRecorder({
      limits: resolveBatching(claim.job.executionConfig),
      spool,
      clock: services.clock,
      isBusy: () => this.#publisher.isBusy,
    });
  }

  async run(): Promise<AttemptOutcome> {
    const { abandon } = this.#options;
    const giveUp = (): void => this.#over.abort(new Error("The worker ends now."));
    if (abandon.aborted) giveUp();
    else abandon.addEventListener("abort", giveUp, { once: true });
    const lease = this.#keepLease();
    const publishing = this.#publish();
    const watching = this.#watchForCancel();
    try {
      return await this.#work();
    } catch (error) {
      return await this.#onFailure(error);
    } finally {
      abandon.removeEventListener("abort", giveUp);
      this.#over.abort(new Error("The attempt is over."));
      await this.#spool.close();
      await Promise.all([lease, publishing, watching]);
    }
  }

  async #work(): Promise<AttemptOutcome> {
    const { claim, services, stop } = this.#options;
    await this.#unlessOver(this.#leaseEnd.known);
    const startedAtMs = services.clock.date();
    const end = await executeJob({
      job: claim.job,
      recorder: this.#recorder,
      services,
      stop,
      heartbeatMs: heartbeatIntervalMs(claim.job.executionConfig),
      leaseEnd: this.#leaseEnd,
    });
    this.#recorder.flush();
    if (this.#isLost) return await this.#drop();
    if (end.isInterrupted) return await this.#release(stop.asked()?.detail ?? "");
    return await this.#complete(toJobResult(claim.job.jobId, end, startedAtMs, services.clock.date()));
  }

  /** The result goes into the spool before anything else: from there on, a dying worker cannot lose it. */
  async #complete(result: JobResult): Promise<AttemptOutcome> {
    const { claim, services } = this.#options;
    const { signal } = this.#over;
    this.#spool.appendResult(toBinary(JobResultSchema, result));
    await this.#unlessOver(this.#spool.flush());
    await this.#unlessOver(this.#drained());
    await untilAnswered(
      () => services.server.complete(claim.taskToken, result, signal),
      this.#context,
      signal,
    );
    await this.#remove();
    const { success, exitCode } = result;
    services.log.info(
      { ...this.#fields, success, exitCode, events: this.#recorder.lastSequence },
      "job done",
    );
    return "completed";
  }

  async #release(reason: string): Promise<AttemptOutcome> {
    const { claim, services } = this.#options;
    const { signal } = this.#over;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = services.clock.setTimeout(resolve, releaseDrainMs);
    await this.#unlessOver(Promise.race([this.#drained(), promise]));
    services.clock.clearTimeout(timer);
    await untilAnswered(() => services.server.release(claim, reason, signal), this.#context, signal);
    await this.#remove();
    services.log.info(this.#fields, "job given back");
    return "released";
  }

  /** Everything recorded is in the server's log, or the server refuses it. */
  async #drained(): Promise<void> {
    await Promise.race([this.#publisher.reached(this.#recorder.lastSequence), this.#refused.promise]);
  }

  async #drop(): Promise<AttemptOutcome> {
    await this.#remove();
    return "lost";
  }

  /** Nothing is to be sent any more, nor to be kept. */
  async #remove(): Promise<void> {
    this.#over.abort(new Error("The attempt is over."));
    await this.#spool.remove();
  }

  async #onFailure(error: unknown): Promise<AttemptOutcome> {
    const { log } = this.#options.services;
    if (this.#isLost) return await this.#drop();
    if (error instanceof CallEnded) {
      log.error(
        { ...this.#fields, err: error.cause },
        `the server does not take the job's end (${error.failure})`,
      );
      return await this.#drop();
    }
    log.warn(
      { ...this.#fields, spool: this.#spool.path },
      "the job's end could not be handed in; it stays in the spool",
    );
    if (!this.#over.signal.aborted) throw error;
    return "kept";
  }

  async #keepLease(): Promise<void> {
    const { claim, claimedAt, services } = this.#options;
    const why = await keepLease(
      {
        server: services.server,
        claim,
        leaseSeconds: services.settings.leaseSeconds,
        claimedAt,
        context: this.#context,
        onAnswer: (flag) => this.#onAnswer(flag),
        onHeld: (until) => this.#leaseEnd.set(until),
      },
      this.#over.signal,
    );
    if (why !== undefined) this.#lose(why);
  }

  async #publish(): Promise<void> {
    try {
      await this.#publisher.run(this.#over.signal);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (error instanceof CallEnded && error.failure === "lost") {
        this.#lose(givenUp);
        return;
      }
      const err = error instanceof CallEnded ? error.cause : error;
      this.#options.services.log.error(
        { ...this.#fields, err },
        "the server refuses the job's events; its log ends here",
      );
      this.#refused.resolve();
    }
  }

  async #watchForCancel(): Promise<void> {
    const { claim, services } = this.#options;
    const isLost = await watchForCancel(
      {
        server: services.server,
        taskToken: claim.taskToken,
        clock: services.clock,
        quietMs: () => this.#publisher.quietMs,
        onAnswer: (flag) => this.#onAnswer(flag),
      },
      this.#over.signal,
    );
    if (isLost) this.#lose(givenUp);
  }

  #onAnswer({ cancelReason }: CancelFlag): void {
    if (cancelReason !== undefined) this.#options.stop.ask("cancel", cancelReason);
  }

  /** The process is stopped, and nothing more is sent: it would be refused. */
  #lose(why: string): void {
    if (this.#over.signal.aborted) return;
    this.#options.services.log.warn(this.#fields, `the job is stopped: ${why}`);
    this.#isLost = true;
    this.#recorder.discard();
    this.#options.stop.ask("lease_lost", why);
    this.#over.abort(new Error("The lease is lost."));
  }

  async #unlessOver<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#over;
    signal.throwIfAborted();
    const { promise: over, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await Promise.race([promise, over]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}
