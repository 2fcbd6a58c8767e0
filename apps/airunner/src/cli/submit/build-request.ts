// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type EnqueueJobRequestSchema,
  type GitCloneConfigSchema,
  ProcessType,
} from "../../gen/job/v1/job_pb.ts";
import { UsageError } from "../context.ts";
import type { JobConfig } from "./job-config.ts";
import { parsePairs, splitEscaped } from "./pairs.ts";

/** The flags of `submit` that say what is to run. */
export interface JobFlags {
  readonly queue: string;
  readonly commit?: string;
  readonly branch?: string;
  readonly owner: string;
  readonly env?: readonly string[];
  readonly metadata?: readonly string[];
  readonly command?: string;
  readonly args?: readonly string[];
  readonly processType: string;
  readonly timeoutSeconds: number;
  readonly workingDirectory?: string;
  readonly checkout: boolean;
  readonly gitDepth?: number;
  readonly submodules?: true;
  readonly requestId?: string;
  readonly priority: number;
  readonly delay?: number;
  readonly maxAttempts?: number;
  readonly backoff?: number;
  readonly maxBackoff?: number;
}

export interface SubmitInput {
  readonly flags: JobFlags;
  readonly repository: string | undefined;
  /** What stood behind `--`: the command and its arguments, or with `--command` further arguments. */
  readonly afterDashes: readonly string[];
  /** Its values win over flags; maps are merged. */
  readonly config: JobConfig | undefined;
}

export type EnqueueRequest = MessageInitShape<typeof EnqueueJobRequestSchema>;

const longestTimeoutSeconds = 2 ** 31 - 1;

/** @throws {UsageError} where nothing is to run, or flags contradict each other */
export function buildRequest(input: SubmitInput): EnqueueRequest {
  const { flags, config } = input;
  const { command, args } = commandOf(input);
  const repository = config?.repository || input.repository || "";
  if (command === "" && repository === "") {
    throw new UsageError(
      "there is nothing to run; give a repository, --command, or a command behind --, or both in --config",
    );
  }
  // Only then does the checkout decide what is at hand: a Go worker takes the references as mere text.
  const isGoForm = !flags.checkout;
  const clone = gitClone(flags, { command, repository });
  return {
    requestId: flags.requestId ?? randomUUID(),
    queue: flags.queue,
    priority: flags.priority,
    ...(flags.delay !== undefined && { delay: durationFromMs(flags.delay) }),
    ...retryPolicy(flags),
    jobParams: {
      repository,
      commit: config?.commit || flags.commit || (isGoForm ? "main" : ""),
      branch: config?.branch || flags.branch || (isGoForm ? "main" : ""),
      environment: { ...parsePairs("--env", flags.env ?? []), ...config?.environment },
      metadata: { ...parsePairs("--metadata", flags.metadata ?? []), ...config?.metadata },
      owner: config?.owner || flags.owner,
      command,
      args: [...args],
      processType: processType(config?.processType || flags.processType),
      timeoutSeconds: Math.min(Math.max(0, config?.timeout || flags.timeoutSeconds), longestTimeoutSeconds),
      workingDirectory: config?.workingDirectory || flags.workingDirectory || "",
      ...(clone !== undefined && { gitClone: clone }),
    },
  };
}

function commandOf({ flags, config, afterDashes }: SubmitInput): {
  readonly command: string;
  readonly args: readonly string[];
} {
  const flagged = (flags.args ?? []).flatMap((text) => splitEscaped(text, ","));
  const [first = "", ...rest] = afterDashes;
  const own =
    flags.command === undefined || flags.command === ""
      ? { command: first, args: [...flagged, ...rest] }
      : { command: flags.command, args: [...flagged, ...afterDashes] };
  return {
    command: config?.command || own.command,
    args: config !== undefined && config.args.length > 0 ? config.args : own.args,
  };
}

/**
 * Says that the command runs inside of the repository. Without a command the worker checks out in any case; without
 * this a worker takes the repository for a mere name, as those of the Go program do.
 */
function gitClone(
  flags: JobFlags,
  { command, repository }: { readonly command: string; readonly repository: string },
): MessageInitShape<typeof GitCloneConfigSchema> | undefined {
  const hasWishes = flags.gitDepth !== undefined || flags.submodules === true;
  if (!flags.checkout || repository === "") {
    if (hasWishes) throw new UsageError("--git-depth and --submodules need a repository that is checked out");
    return undefined;
  }
  if (command === "" && !hasWishes) return undefined;
  return {
    enabled: true,
    depth: flags.gitDepth ?? 0,
    singleBranch: true,
    submodules: flags.submodules ?? false,
  };
}

function retryPolicy(flags: JobFlags): Pick<EnqueueRequest, "retryPolicy"> {
  const { maxAttempts, backoff, maxBackoff } = flags;
  if (maxAttempts === undefined) {
    if (backoff === undefined && maxBackoff === undefined) return {};
    throw new UsageError(
      "--backoff and --max-backoff say when an attempt is repeated; give --max-attempts too",
    );
  }
  return {
    retryPolicy: {
      maxAttempts,
      ...(backoff !== undefined && { initialBackoff: durationFromMs(backoff) }),
      ...(maxBackoff !== undefined && { maxBackoff: durationFromMs(maxBackoff) }),
    },
  };
}

/** As the Go program: `pipe`, and anything else is a terminal. */
function processType(text: string): ProcessType {
  return text.trim().toLowerCase() === "pipe" ? ProcessType.PIPE : ProcessType.PTY;
}
