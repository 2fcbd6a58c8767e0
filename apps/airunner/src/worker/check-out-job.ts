// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  GitCloneEndEventSchema,
  GitCloneErrorEventSchema,
  GitCloneStartEventSchema,
  type Job,
  ResultReason,
} from "../gen/job/v1/job_pb.ts";
import { checkOut } from "./checkout/check-out.ts";
import { type Checkout, CheckoutError, type CheckoutParams } from "./checkout/checkout.ts";
import { createGitEnvironment } from "./checkout/git-environment.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { JobFailure } from "./job-failure.ts";
import { makeJobFolder } from "./job-folder.ts";
import { timeoutSentence } from "./job-result.ts";
import type { TimeLimit } from "./time-limit.ts";
import type { WorkerServices } from "./worker-services.ts";

export interface CheckOutJobOptions {
  readonly job: Job;
  readonly params: CheckoutParams;
  readonly recorder: EventRecorder;
  readonly services: WorkerServices;
  readonly limit: TimeLimit;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** A repository that takes longer is not going to come. */
const longestCheckoutMs = 10 * 60_000;

/**
 * Checks a job's repository out into a new folder of the workspace, which is deleted when the result is disposed.
 *
 * @throws {JobFailure} when that fails; {@link CheckoutError} `cancelled` once `signal` aborts
 */
export async function checkOutJob(options: CheckOutJobOptions): Promise<Checkout & AsyncDisposable> {
  const { job, services, recorder, params, limit } = options;
  const folder = await makeJobFolder(services, job);
  recorder.event({
    case: "gitCloneStart",
    value: create(GitCloneStartEventSchema, {
      repository: withoutCredentials(params.repository),
      commit: params.commit,
      branch: params.branch,
      startedAt: timestampFromMs(services.clock.date()),
    }),
  });
  try {
    const checkout = await run(options, folder.path);
    recorder.event({
      case: "gitCloneEnd",
      value: create(GitCloneEndEventSchema, {
        commitSha: checkout.commitSha,
        cloneDuration: durationFromMs(Math.round(checkout.durationMs)),
        workingDirectory: checkout.directory,
      }),
    });
    return { ...checkout, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw toFailure(error, recorder, limit);
  }
}

async function run(
  { services, params, limit, signal, job }: CheckOutJobOptions,
  folder: string,
): Promise<Checkout> {
  const { settings, guard, log } = services;
  return await checkOut({
    params,
    workspace: folder,
    gitEnv: createGitEnvironment(settings.env),
    signal,
    timeoutMs: Math.min(longestCheckoutMs, limit.leftMs()),
    allowFile: settings.allowFileRepositories,
    ...(guard !== undefined && { guard }),
    onProgress: (line) => log.debug({ jobId: job.jobId, git: line }, "git"),
  });
}

function toFailure(error: unknown, recorder: EventRecorder, limit: TimeLimit): unknown {
  if (!(error instanceof CheckoutError)) return error;
  recorder.event({
    case: "gitCloneError",
    value: create(GitCloneErrorEventSchema, { errorMessage: error.message, stderrOutput: error.stderr }),
  });
  if (error.code === "cancelled") return error;
  if (error.code === "timed_out" && limit.isOver()) {
    return new JobFailure(ResultReason.TIMED_OUT, timeoutSentence(limit.seconds), { cause: error });
  }
  return new JobFailure(ResultReason.CHECKOUT_FAILED, error.message, { cause: error });
}

/** A token in the address is for git; the log is for everybody. */
function withoutCredentials(repository: string): string {
  return repository.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1");
}
