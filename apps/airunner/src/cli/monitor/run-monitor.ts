// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { ClientError } from "../../client/client-error.ts";
import type { JobClients } from "../../client/create-clients.ts";
import type { EventType, GetJobResponse, JobEvent } from "../../gen/job/v1/job_pb.ts";
import { type CliContext, Interrupted } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { harmless } from "../text/harmless.ts";
import { jobStateName, reasonName } from "../text/names.ts";
import { roughly } from "../text/times.ts";
import type { FeedItem, MonitorView } from "./feed.ts";
import { followJob } from "./follow-job.ts";
import { JsonView } from "./json-view.ts";
import { LineView } from "./line-view.ts";
import { type Outcome, outcomeOfAttempt, outcomeOfEvents, outcomeOfJob } from "./outcome.ts";
import { atOriginalPace } from "./playback.ts";

export interface MonitorOptions {
  readonly jobId: string;
  readonly fromSequence: number;
  /** Unix milliseconds. */
  readonly fromTimestamp: number;
  readonly filter: readonly EventType[];
  /** 0: the latest and each later one. */
  readonly attempt: number;
  readonly json: boolean;
  readonly outputOnly: boolean;
  readonly verbose: boolean;
  /** `undefined`: as fast as it comes. */
  readonly playbackSpeed: number | undefined;
  /** Milliseconds that all of it may take; `undefined` is no limit. */
  readonly timeoutMs: number | undefined;
  /** Milliseconds that a lost connection is tried to be got back. */
  readonly giveUpMs: number;
  /** 0 however the job ends. */
  readonly exitZero: boolean;
}

/** Aborts the monitor when its own time is over. */
class TimeIsOver extends Error {}

/**
 * Shows a job until it has ended.
 *
 * @returns the exit code: that of the job
 * @throws {ClientError}
 */
export async function runMonitor(
  clients: JobClients,
  options: MonitorOptions,
  context: CliContext,
): Promise<number> {
  const interrupted = context.interrupted();
  using deadline = startDeadline(interrupted, options.timeoutMs);
  try {
    await clients.connect(deadline.signal);
    const record = await getJob(clients, options.jobId, deadline.signal);
    return await watch({ clients, options, context, record, signal: deadline.signal });
  } catch (error) {
    if (error instanceof TimeIsOver || deadline.signal.reason instanceof TimeIsOver) {
      const spent = roughly(options.timeoutMs ?? 0);
      await context.stderr.write(
        `airunner-cli: error: stopped watching after ${spent} (--timeout); job ${options.jobId} goes on\n`,
      );
      return exitCodes.timedOut;
    }
    if (interrupted.aborted && interrupted.reason instanceof Interrupted) {
      await context.stderr.write(
        `\nairunner-cli: stopped watching; job ${options.jobId} goes on ('airunner-cli cancel ${options.jobId}' ends it)\n`,
      );
      throw interrupted.reason;
    }
    throw error;
  }
}

interface Watch {
  readonly clients: JobClients;
  readonly options: MonitorOptions;
  readonly context: CliContext;
  /** `undefined`: the server is a Go program, which does not tell. */
  readonly record: GetJobResponse | undefined;
  readonly signal: AbortSignal;
}

async function watch(job: Watch): Promise<number> {
  const { clients, options, context, record, signal } = job;
  const view = createView(options, context);
  if (!options.json) {
    const notes = options.outputOnly ? context.stderr : context.stdout;
    await notes.write(`Streaming events for job ${options.jobId}:\n${"=".repeat(50)}\n`);
  }
  let last: JobEvent | undefined;
  let lastError = "";
  const feed = followJob({
    ...options,
    clients,
    latestAttempt: record?.job?.attempt ?? 0,
    isLegacy: record === undefined,
    signal,
    onProcessEnd: (event) => {
      last = event;
      if (event.eventData.case === "processError") lastError = harmless(event.eventData.value.errorMessage);
    },
  });
  await showAll(paced(feed, options, signal), view, signal);
  const outcome = await findOutcome(job, last);
  if (view instanceof JsonView) await view.print({ type: "result", jobId: options.jobId, ...outcome.json });
  // Workers put the reason into the log too: once is enough.
  else if (outcome.sentence !== "" && outcome.sentence !== lastError)
    await view.note(`${outcome.isSuccess ? "✅" : "❌"} ${outcome.sentence}`);
  return options.exitZero ? exitCodes.success : outcome.exitCode;
}

function createView(options: MonitorOptions, context: CliContext): LineView | JsonView {
  return options.json ? new JsonView(context) : new LineView({ ...options, context });
}

async function showAll(feed: AsyncIterable<FeedItem>, view: MonitorView, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  // Nobody may be waiting for it when it comes.
  aborted.promise.catch(() => undefined);
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    // A view whose reader stands still must not keep the command from being interrupted.
    for await (const item of feed) await Promise.race([view.show(item), aborted.promise]);
    await view.close();
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function paced(
  feed: AsyncIterable<FeedItem>,
  options: MonitorOptions,
  signal: AbortSignal,
): AsyncIterable<FeedItem> {
  if (options.playbackSpeed === undefined) return feed;
  return atOriginalPace(feed, {
    speed: options.playbackSpeed,
    now: () => performance.now(),
    wait: async (ms) => {
      // A timer takes no more than this; the rest is waited for again.
      for (let rest = ms; rest > 0; rest -= 2 ** 31 - 1) {
        await sleep(Math.min(rest, 2 ** 31 - 1), undefined, { signal });
      }
    },
  });
}

/** @returns `undefined` where the server is too old to tell */
async function getJob(
  clients: JobClients,
  jobId: string,
  signal: AbortSignal,
): Promise<GetJobResponse | undefined> {
  try {
    return await clients.jobs.getJob({ jobId }, { signal });
  } catch (error) {
    const failure: ClientError = clients.explain(error);
    if (failure.code === "unsupported") return undefined;
    throw failure;
  }
}

const againMs = 500;

/** The log was shown to its end: a connection that breaks right then must not cost the job's exit code. */
async function getJobAtLast(
  clients: JobClients,
  { jobId, giveUpMs }: MonitorOptions,
  signal: AbortSignal,
): Promise<GetJobResponse | undefined> {
  for (const startedAt = performance.now(); ; ) {
    try {
      return await getJob(clients, jobId, signal);
    } catch (error) {
      const isOver = signal.aborted || performance.now() - startedAt > giveUpMs;
      if (isOver || !(error instanceof ClientError && error.isTransient)) throw error;
      await sleep(againMs, undefined, { signal });
    }
  }
}

async function findOutcome(
  { clients, options, record, signal }: Watch,
  last: JobEvent | undefined,
): Promise<Outcome & { readonly json: object }> {
  if (record === undefined) {
    const outcome = outcomeOfEvents(last);
    return { ...outcome, json: { exitCode: outcome.exitCode, message: outcome.sentence } };
  }
  const { job, attempts } = (await getJobAtLast(clients, options, signal)) ?? record;
  if (job === undefined) return { ...outcomeOfEvents(last), json: {} };
  const attempt = attempts.find((one) => one.number === options.attempt);
  const outcome =
    options.attempt === 0 || options.attempt === job.attempt
      ? outcomeOfJob(job, last !== undefined && options.filter.length === 0)
      : outcomeOfAttempt(job, attempt, options.attempt);
  const result = options.attempt === 0 ? job.result : attempt?.result;
  return {
    ...outcome,
    json: {
      state: jobStateName(job.state),
      exitCode: result?.exitCode ?? outcome.exitCode,
      ...(result !== undefined && { reason: reasonName(result.reason), message: result.errorMessage }),
      ...(result?.signal && { signal: result.signal }),
    },
  };
}

interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** Aborts with the interruption's reason, or when the time is over. */
function startDeadline(interrupted: AbortSignal, timeoutMs: number | undefined): Deadline {
  const controller = new AbortController();
  const pass = (): void => controller.abort(interrupted.reason);
  if (interrupted.aborted) pass();
  interrupted.addEventListener("abort", pass, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => controller.abort(new TimeIsOver()), Math.min(timeoutMs, 2 ** 31 - 1));
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      interrupted.removeEventListener("abort", pass);
    },
  };
}
