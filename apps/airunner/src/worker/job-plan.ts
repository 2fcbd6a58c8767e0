// SPDX-License-Identifier: Apache-2.0
import { type Job, type JobParams, ProcessType, ResultReason } from "../gen/job/v1/job_pb.ts";
import type { CheckoutParams } from "./checkout/checkout.ts";
import { JobFailure } from "./job-failure.ts";
import type { ProcessSpec } from "./process/process.ts";

/** What a worker has to do for a job. */
export interface JobPlan {
  /** Unset where nothing is checked out. */
  readonly checkout: CheckoutParams | undefined;
  /** Unset where the `.airunner.yaml` of the checkout says it. */
  readonly command: { readonly name: string; readonly args: readonly string[] } | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Unset where the job does not say. */
  readonly mode: ProcessSpec["mode"] | undefined;
  /** Of the job, checkout included; 0 is none. */
  readonly timeoutSeconds: number;
  /** "" is the checkout, or the worker's workspace. */
  readonly workingDirectory: string;
}

/**
 * A command with `git_clone` runs inside the checkout; a repository without a command is checked out and says itself
 * what to run; a command without `git_clone` runs as the Go program ran it, its repository being a remark.
 *
 * @throws {JobFailure} for a job that no repeat can make runnable
 */
export function planJob({ jobParams: params }: Job): JobPlan {
  if (params === undefined) throw unrunnable("The job has no parameters; submit it again with a command.");
  if (params.container?.enabled === true) {
    throw unrunnable("The job wants a container, which this worker cannot run; submit it without one.");
  }
  const hasCommand = params.command !== "";
  const isClone = params.gitClone?.enabled === true || !hasCommand;
  if (isClone && params.repository === "") {
    throw unrunnable(
      hasCommand
        ? "The job wants a checkout but names no repository; submit it with one."
        : "The job has neither a command nor a repository; submit it with one of them.",
    );
  }
  return {
    checkout: isClone ? checkoutOf(params) : undefined,
    command: hasCommand ? { name: params.command, args: params.args } : undefined,
    environment: params.environment,
    mode: modeOf(params.processType),
    timeoutSeconds: Math.max(0, params.timeoutSeconds),
    workingDirectory: params.workingDirectory,
  };
}

function checkoutOf({ repository, commit, branch, gitClone }: JobParams): CheckoutParams {
  return {
    repository,
    // The Go program's client fills in "main" for both where nothing was given.
    commit: commit === branch ? "" : commit,
    branch,
    depth: gitClone?.depth ?? 0,
    singleBranch: gitClone?.singleBranch ?? true,
    submodules: gitClone?.submodules ?? false,
  };
}

function modeOf(type: ProcessType): JobPlan["mode"] {
  if (type === ProcessType.PIPE) return "pipe";
  return type === ProcessType.PTY ? "pty" : undefined;
}

function unrunnable(message: string): JobFailure {
  return new JobFailure(ResultReason.START_FAILED, message);
}
