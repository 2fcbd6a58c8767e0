// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import {
  type DequeueJobResponseSchema,
  ErrorInfoSchema,
  type ExecutionConfigSchema,
  type JobEvent,
  JobEventsService,
  type JobParams,
  JobParamsSchema,
  type JobResult,
  JobSchema,
  JobService,
  JobState,
} from "../../src/gen/job/v1/job_pb.ts";

/** What a call meets: nothing, an error instead of an answer, the same after the work was done, or a cut connection. */
export type Fault = undefined | ConnectError | { readonly after: ConnectError } | "cut" | "cut after";

export type Call = "dequeue" | "update" | "append" | "publish" | "complete" | "release";

/** One attempt as the server sees it. */
export interface ServedAttempt {
  readonly jobId: string;
  readonly queue: string;
  readonly token: string;
  readonly events: JobEvent[];
  lastSequence: number;
  result: JobResult | undefined;
  isReleased: boolean;
  /** Makes every call with its token fail as a lost lease does. */
  isLost: boolean;
  /** Asks for the job to be stopped. */
  cancelReason: string | undefined;
}

export interface ScriptedServerOptions {
  /** As a server of the Go program: without the RPCs and fields that are ours. */
  readonly isGoProgram?: boolean;
  /** Sent with every job. */
  readonly execution?: MessageInitShape<typeof ExecutionConfigSchema>;
  /** Asked at each call, with its number from 1 on. */
  readonly faultAt?: (call: Call, count: number) => Fault;
}

interface QueuedJob {
  readonly jobId: string;
  readonly queue: string;
  readonly params: JobParams | undefined;
  attempt: number;
}

/** Error with the stable code that our servers send. */
export function jobError(code: Code, stableCode: string): ConnectError {
  return new ConnectError(stableCode, code, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { code: stableCode }) },
  ]);
}

export const unavailable = (): ConnectError => new ConnectError("not now", Code.Unavailable);

/**
 * A server that speaks the protocol through the Connect library, keeps its state over restarts, and fails as it is
 * told: what a healthy server never does. Everything else is for the real one.
 */
export class ScriptedServer implements AsyncDisposable {
  readonly attempts: ServedAttempt[] = [];
  readonly counts: Record<Call, number> = {
    dequeue: 0,
    update: 0,
    append: 0,
    publish: 0,
    complete: 0,
    release: 0,
  };
  readonly dequeued: { readonly queue: string; readonly queues: number; readonly maxJobs: number }[] = [];
  /** Seconds of each UpdateJob. */
  readonly extended: number[] = [];
  faultAt: (call: Call, count: number) => Fault;
  readonly #isGoProgram: boolean;
  readonly #execution: ScriptedServerOptions["execution"];
  readonly #waiting: QueuedJob[] = [];
  readonly #sessions = new Set<ServerHttp2Session>();
  #arrived = Promise.withResolvers<void>();
  #server: Http2Server | undefined;
  #port = 0;

  private constructor(options: ScriptedServerOptions) {
    this.#isGoProgram = options.isGoProgram ?? false;
    this.#execution = options.execution;
    this.faultAt = options.faultAt ?? (() => undefined);
  }

  static async start(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(options);
    await server.resume();
    return server;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the same port as before. */
  async resume(): Promise<void> {
    const adapter = connectNodeAdapter({ routes: (router) => this.#routes(router) });
    const server = createServer((request, response) => adapter(request, response));
    server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      session.on("error", () => undefined);
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
    this.#server = server;
  }

  /** Cuts every connection and takes no more, until {@link resume}. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    for (const session of this.#sessions) session.destroy();
    await closed;
  }

  submit(params: Partial<Omit<JobParams, "$typeName">> | undefined, jobId: string, queue = "default"): void {
    const jobParams = params === undefined ? undefined : create(JobParamsSchema, params);
    this.#put({ jobId, queue, params: jobParams, attempt: 0 });
  }

  /** The attempts of one job, in order. */
  attemptsOf(jobId: string): ServedAttempt[] {
    return this.attempts.filter((attempt) => attempt.jobId === jobId);
  }

  #put(job: QueuedJob): void {
    this.#waiting.push(job);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  #routes(router: ConnectRouter): void {
    const old: Partial<ServiceImpl<typeof JobService>> = {
      dequeueJob: this.#dequeue.bind(this),
      updateJob: this.#update.bind(this),
      completeJob: this.#complete.bind(this),
    };
    if (this.#isGoProgram) {
      router.service(JobService, old);
      router.service(JobEventsService, { publishJobEvents: this.#publish.bind(this) });
      return;
    }
    router.service(JobService, { ...old, releaseJob: this.#release.bind(this) });
    router.service(JobEventsService, { appendJobEvents: this.#append.bind(this) });
  }

  /** Runs `work` as the script says. */
  async #scripted<T>(call: Call, work: () => T | Promise<T>): Promise<T> {
    this.counts[call] += 1;
    const fault = this.faultAt(call, this.counts[call]);
    if (fault instanceof ConnectError) throw fault;
    if (fault === "cut") this.#cut();
    const answer = await work();
    if (fault === "cut after") this.#cut();
    if (typeof fault === "object") throw fault.after;
    return answer;
  }

  #cut(): never {
    for (const session of this.#sessions) session.destroy();
    throw new ConnectError("cut", Code.Internal);
  }

  async *#dequeue(
    request: { queue: string; queues: { queue: string }[]; maxJobs: number },
    context: HandlerContext,
  ): AsyncGenerator<MessageInitShape<typeof DequeueJobResponseSchema>> {
    const names = request.queues.map(({ queue }) => queue);
    const queues = this.#isGoProgram || names.length === 0 ? [request.queue] : names;
    this.dequeued.push({ queue: request.queue, queues: queues.length, maxJobs: request.maxJobs });
    await this.#scripted("dequeue", () => undefined);
    const jobs: QueuedJob[] = [];
    while (jobs.length === 0) {
      for (let index = 0; index < this.#waiting.length && jobs.length < request.maxJobs; ) {
        const job = this.#waiting[index];
        if (job !== undefined && queues.includes(job.queue)) jobs.push(...this.#waiting.splice(index, 1));
        else index += 1;
      }
      if (jobs.length === 0) await this.#nextArrival(context.signal);
    }
    for (const job of jobs) yield this.#handOut(job);
  }

  async #nextArrival(signal: AbortSignal): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(ConnectError.from(signal.reason, Code.Canceled));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.race([this.#arrived.promise, promise]);
    signal.removeEventListener("abort", stop);
  }

  #handOut(job: QueuedJob) {
    job.attempt += 1;
    const token = `token ${job.jobId} ${job.attempt}`;
    this.attempts.push({
      jobId: job.jobId,
      queue: job.queue,
      token,
      events: [],
      lastSequence: 0,
      result: undefined,
      isReleased: false,
      isLost: false,
      cancelReason: undefined,
    });
    const own = this.#isGoProgram ? {} : { queue: job.queue, attempt: job.attempt };
    const now = timestampNow();
    const rest = { state: JobState.RUNNING, createdAt: now, updatedAt: now, ...own };
    const params = job.params === undefined ? {} : { jobParams: job.params };
    const execution = this.#execution === undefined ? {} : { executionConfig: this.#execution };
    return {
      job: create(JobSchema, { jobId: job.jobId, ...params, ...execution, ...rest }),
      taskToken: token,
    };
  }

  #attempt(token: string): ServedAttempt {
    const attempt = this.attempts.find((one) => one.token === token);
    if (attempt === undefined) throw jobError(Code.InvalidArgument, "invalid_task_token");
    const isOver = attempt.result !== undefined || attempt.isReleased || attempt.isLost;
    if (isOver) throw jobError(Code.FailedPrecondition, "lease_lost");
    return attempt;
  }

  async #update({
    taskToken,
    visibilityTimeoutSeconds,
  }: {
    taskToken: string;
    visibilityTimeoutSeconds: number;
  }) {
    return await this.#scripted("update", () => {
      const attempt = this.#attempt(taskToken);
      this.extended.push(visibilityTimeoutSeconds);
      if (this.#isGoProgram && visibilityTimeoutSeconds === 0) attempt.isReleased = true;
      return this.#isGoProgram ? {} : cancelFields(attempt);
    });
  }

  async #append({ taskToken, events }: { taskToken: string; events: JobEvent[] }) {
    return await this.#scripted("append", () => {
      const attempt = this.#attempt(taskToken);
      for (const event of events) takeEvent(attempt, event);
      return { lastSequence: BigInt(attempt.lastSequence), ...cancelFields(attempt) };
    });
  }

  /** As the Go program: whatever comes is stored, twice where it comes twice. */
  async #publish(messages: AsyncIterable<{ taskToken: string; events: JobEvent[] }>) {
    return await this.#scripted("publish", async () => {
      for await (const { taskToken, events } of messages) this.#attempt(taskToken).events.push(...events);
      return {};
    });
  }

  async #complete({ taskToken, jobResult }: { taskToken: string; jobResult?: JobResult | undefined }) {
    return await this.#scripted("complete", () => {
      const done = this.attempts.find((one) => one.token === taskToken && one.result !== undefined);
      if (done === undefined) this.#attempt(taskToken).result = jobResult;
      return {};
    });
  }

  async #release({ taskToken }: { taskToken: string }) {
    return await this.#scripted("release", () => {
      this.#attempt(taskToken).isReleased = true;
      return {};
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function cancelFields({ cancelReason }: ServedAttempt) {
  return { cancelRequested: cancelReason !== undefined, cancelReason: cancelReason ?? "" };
}

function takeEvent(attempt: ServedAttempt, event: JobEvent): void {
  const start = Number(event.sequence);
  const end = event.eventData.case === "outputBatch" ? Number(event.eventData.value.endSequence) : start;
  if (end <= attempt.lastSequence) return;
  if (start !== attempt.lastSequence + 1) throw jobError(Code.InvalidArgument, "sequence_gap");
  attempt.events.push(event);
  attempt.lastSequence = end;
}

/** All output of an attempt, of all streams, as it stands in its log. */
export function outputOf(attempt: ServedAttempt): Buffer {
  const items = attempt.events.flatMap(({ eventData }) =>
    eventData.case === "outputBatch" ? eventData.value.outputs : [],
  );
  return Buffer.concat(items.map(({ output }) => output));
}

/** Kinds of an attempt's events, in order, with batches of output that follow each other as one. */
export function kindsOf(attempt: ServedAttempt): string[] {
  const kinds = attempt.events.map(({ eventData }) => eventData.case ?? "none");
  return kinds.filter((kind, index) => kind !== "outputBatch" || kinds[index - 1] !== "outputBatch");
}
