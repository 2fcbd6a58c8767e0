// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "@repo/http-retry";
import {
  ProcessEndEventSchema,
  ProcessErrorEventSchema,
  ProcessStartEventSchema,
  ResultReason,
} from "../gen/job/v1/job_pb.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { JobFailure } from "./job-failure.ts";
import { cancelSentence, timeoutSentence } from "./job-result.ts";
import type { JobStop, StopSwitch } from "./job-stop.ts";
import type { LeaseEnd } from "./lease-end.ts";
import { type ProcessEnd, ProcessError, type ProcessSpec, type RunningProcess } from "./process/process.ts";
import { startProcess } from "./process/start-process.ts";

export interface RunProcessOptions {
  readonly spec: Omit<ProcessSpec, "onOutput">;
  /** For the sentence about it; 0 is none. */
  readonly timeoutSeconds: number;
  readonly recorder: EventRecorder;
  readonly stop: StopSwitch;
  readonly leaseEnd: LeaseEnd;
  /**
   * Milliseconds before the lease's end: the guard kills what still runs then, because the process does not hear TERM
   * or this worker stands still. Less than the lease-keeper's own margin, so that a worker that is well comes first.
   */
  readonly guardMarginMs: number;
  readonly clock: Clock;
}

/** A lost lease leaves little time until another worker may start the same job. */
const lostGraceMs = 2000;

/**
 * Runs the command of a job to its end: PROCESS_START, its output, PROCESS_END. A process that was stopped to give
 * the job back has no PROCESS_END, which readers take for the end of the job.
 *
 * @throws {JobFailure} when it cannot be started
 */
export async function runProcess({
  spec,
  timeoutSeconds,
  recorder,
  stop,
  leaseEnd,
  guardMarginMs,
  clock,
}: RunProcessOptions): Promise<ProcessEnd> {
  const started = Promise.withResolvers<void>();
  let isStarted = false;
  const running = await start({
    ...spec,
    // Output may come before the start is known; it must not stand before it in the log.
    onOutput: (chunk) =>
      isStarted ? recorder.output(chunk) : started.promise.then(() => recorder.output(chunk)),
  });
  using _limit = leaseEnd.onSet((until) =>
    spec.guard?.setLimit(spec.marker, until - guardMarginMs - clock.now()),
  );
  recorder.event({
    case: "processStart",
    value: create(ProcessStartEventSchema, {
      pid: running.pid,
      startedAt: timestampFromMs(running.startedAtMs),
    }),
  });
  isStarted = true;
  started.resolve();
  const end = await stopWhenAsked(running, { stop, recorder, killGraceMs: spec.killGraceMs });
  const why = sentenceOf(end, timeoutSeconds, stop.asked());
  if (why !== "") recordError(recorder, why);
  if (end.stoppedBy !== "shutdown") recordEnd(recorder, running.pid, end);
  return end;
}

async function start(spec: ProcessSpec): Promise<RunningProcess> {
  try {
    return await startProcess(spec);
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new JobFailure(ResultReason.START_FAILED, error.message, { cause: error });
  }
}

interface StopContext {
  readonly stop: StopSwitch;
  readonly recorder: EventRecorder;
  readonly killGraceMs: number;
}

async function stopWhenAsked(running: RunningProcess, context: StopContext): Promise<ProcessEnd> {
  const { stop, recorder, killGraceMs } = context;
  const onStop = (): void => {
    const reason = stop.asked()?.reason ?? "shutdown";
    // What it still writes must not wait for a server that is away.
    recorder.lift();
    running.stop(reason, reason === "lease_lost" ? Math.min(lostGraceMs, killGraceMs) : killGraceMs);
  };
  const onHurry = (): void => running.stop(stop.asked()?.reason ?? "shutdown", 0);
  stop.signal.addEventListener("abort", onStop, { once: true });
  stop.hurried.addEventListener("abort", onHurry, { once: true });
  if (stop.signal.aborted) onStop();
  if (stop.hurried.aborted) onHurry();
  try {
    return await running.ended;
  } finally {
    stop.signal.removeEventListener("abort", onStop);
    stop.hurried.removeEventListener("abort", onHurry);
  }
}

/** Why the worker ended the process; "" where it did not. */
function sentenceOf(end: ProcessEnd, timeoutSeconds: number, asked: JobStop | undefined): string {
  if (end.stoppedBy === "timeout") return timeoutSentence(timeoutSeconds);
  if (end.stoppedBy === "cancel") return cancelSentence(asked?.detail ?? "");
  if (end.stoppedBy === "shutdown") return "The worker is being stopped; the job is given back.";
  return "";
}

export function recordError(recorder: EventRecorder, errorMessage: string): void {
  recorder.event({ case: "processError", value: create(ProcessErrorEventSchema, { errorMessage }) });
}

function recordEnd(recorder: EventRecorder, pid: number, end: ProcessEnd): void {
  recorder.event({
    case: "processEnd",
    value: create(ProcessEndEventSchema, {
      pid,
      exitCode: end.exitCode,
      signal: end.signal,
      runDuration: durationFromMs(Math.round(end.durationMs)),
    }),
  });
}
