// SPDX-License-Identifier: Apache-2.0
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type EnqueueJobRequestSchema, ProcessType } from "../../src/gen/job/v1/job_pb.ts";
import { createRandom } from "./random.ts";

/**
 * - `plain`, `failing`: print and exit; `retried`: fails at first, and has a retry policy.
 * - `stray`: leaves a child in a session of its own; `stubborn`: it and its children do not hear TERM.
 * - `cancelled`: is cancelled sometime; `overrun`: runs longer than its own time limit.
 */
const kinds = ["plain", "failing", "retried", "stray", "stubborn", "cancelled", "overrun"] as const;

/** A job whose every output is known beforehand. */
export interface CampaignJob {
  /** As "j17": in each of its lines, and the name of its files. */
  readonly tag: string;
  readonly kind: (typeof kinds)[number];
  readonly queue: string;
  readonly mode: "pipe" | "pty";
  readonly blocks: number;
  readonly linesPerBlock: number;
  readonly pauseMs: number;
  /** Attempts before this one exit with 5. */
  readonly goodFrom: number;
  /** Of all other attempts. */
  readonly exitCode: number;
  /** Of the retry policy; `undefined` without one. */
  readonly maxAttempts: number | undefined;
  /** 0 is none. */
  readonly timeoutSeconds: number;
  /** Milliseconds after its submission; `undefined`: it is not cancelled. */
  readonly cancelAfterMs: number | undefined;
}

export const jobQueues = ["builds", "tests"] as const;

/** The job with this number; the same for the same seed, however many came before. */
export function campaignJob(seed: number, index: number): CampaignJob {
  const random = createRandom(seed * 1_000_003 + index);
  const kind =
    index < kinds.length ? (kinds[index] ?? "plain") : random.pick<CampaignJob["kind"]>(["plain", ...kinds]);
  const mode = random.pick(["pipe", "pty"] as const);
  const isLarge = random.chance(0.1);
  return {
    tag: `j${index}`,
    kind,
    queue: random.pick(jobQueues),
    mode,
    blocks: kind === "overrun" ? 40 : random.int(1, kind === "cancelled" ? 40 : 16),
    linesPerBlock: isLarge ? 2000 : random.int(1, 60),
    // Some outlive a lease that is not extended.
    pauseMs: kind === "overrun" ? 200 : random.chance(0.3) ? random.int(500, 700) : random.int(20, 350),
    goodFrom: kind === "retried" ? random.int(2, 3) : 1,
    exitCode: kind === "failing" ? random.int(1, 60) : 0,
    maxAttempts: kind === "retried" || random.chance(0.2) ? random.int(3, 6) : undefined,
    timeoutSeconds: kind === "overrun" ? 2 : 0,
    cancelAfterMs: kind === "cancelled" ? random.int(0, 6000) : undefined,
  };
}

export function exitCodeOf(job: CampaignJob, attempt: number): number {
  return attempt < job.goodFrom ? 5 : job.exitCode;
}

/** What an attempt that comes to its end has written, to the byte. */
export function outputOf(job: CampaignJob): Buffer {
  const end = job.mode === "pty" ? "\r\n" : "\n";
  const lines: string[] = [];
  for (let line = 1; line <= job.blocks * job.linesPerBlock; line += 1)
    lines.push(`${job.tag} ${String(line).padStart(7, "0")} zwölf Boxkämpfer → 🥊${end}`);
  return Buffer.from(lines.join(""));
}

/** Exit code of an attempt that found another one still there. */
export const overlapExitCode = 97;

/** The variable by which every process of a campaign's jobs is found; its value is the campaign's folder. */
export const folderVariable = "AIRUNNER_CAMPAIGN";

/**
 * The lock is inherited by all that the job starts, so it is free only once the last of them is gone. The journal says
 * which attempts began, which process they had, and with what they were about to exit.
 */
const script = `#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
tag=$1 kind=$2 blocks=$3 lines=$4 pause=$5 good_from=$6 code=$7
journal="$${folderVariable}/$tag.journal"
exec 9>>"$${folderVariable}/$tag.lock"
if ! flock -n 9; then
  echo "overlap $AIRUNNER_ATTEMPT" >>"$journal"
  exit ${overlapExitCode}
fi
echo "begin $AIRUNNER_ATTEMPT $$" >>"$journal"
[ "$AIRUNNER_ATTEMPT" -lt "$good_from" ] && code=5
[ "$kind" = stubborn ] && trap '' TERM HUP
[ "$kind" = stray ] && { setsid sleep 600 </dev/null >/dev/null 2>&1 & }
block=0
while [ "$block" -lt "$blocks" ]; do
  awk -v first="$((block * lines))" -v lines="$lines" -v tag="$tag" 'BEGIN {
    for (line = 1; line <= lines; line++) printf "%s %07d zwölf Boxkämpfer → 🥊\\n", tag, first + line
  }' || exit 98
  block=$((block + 1))
  sleep "$pause"
done
echo "end $AIRUNNER_ATTEMPT $code" >>"$journal"
exit "$code"
`;

export async function writeJobScript(folder: string): Promise<void> {
  const path = join(folder, "job.sh");
  await writeFile(path, script);
  await chmod(path, 0o700);
}

export function toRequest(
  job: CampaignJob,
  folder: string,
): MessageInitShape<typeof EnqueueJobRequestSchema> {
  const { tag, kind, blocks, linesPerBlock, pauseMs, goodFrom, exitCode, maxAttempts } = job;
  return {
    requestId: `${folder} ${tag}`,
    queue: job.queue,
    jobParams: {
      command: join(folder, "job.sh"),
      args: [tag, kind, ...[blocks, linesPerBlock, pauseMs / 1000, goodFrom, exitCode].map(String)],
      processType: job.mode === "pty" ? ProcessType.PTY : ProcessType.PIPE,
      timeoutSeconds: job.timeoutSeconds,
      environment: { [folderVariable]: folder },
    },
    ...(maxAttempts !== undefined && {
      retryPolicy: { maxAttempts, initialBackoff: durationFromMs(100), maxBackoff: durationFromMs(500) },
    }),
  };
}
