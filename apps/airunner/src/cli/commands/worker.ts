// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";
import type { WorkQueue } from "../../worker/job-server.ts";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { duration, repeated, wholeNumber } from "../option-values.ts";

export interface WorkerFlags extends ConnectionFlags {
  readonly queue?: readonly WorkQueue[];
  /** Seconds. */
  readonly timeout: number;
  readonly visibilityTimeout?: number;
  readonly concurrency: number;
  readonly name?: string;
  readonly spoolDir?: string;
  readonly workspaceDir?: string;
  /** Milliseconds. */
  readonly drainTimeout: number;
  /** Milliseconds. */
  readonly killGrace: number;
  readonly envAllow?: readonly string[];
  readonly logLevel?: string;
}

const leaseSeconds = wholeNumber(1, 43_200);

const examples = `
Examples:
  airunner-cli worker                                         one job at a time, of the queue default
  airunner-cli worker --queue builds=3 --queue tests --concurrency 4
  airunner-cli worker --token-file /run/airunner/token --name build-7`;

export function workerCommand(context: CliContext): Command {
  const command = new Command("worker")
    .description(
      "Takes jobs from a server and runs them, until SIGTERM or Ctrl-C; then lets them end, and gives back those that do not. A second signal stops them at once.",
    )
    .addOption(
      new Option(
        "--queue <name[=weight]>",
        "queue to take jobs from; repeat it for several, as in --queue a=3 --queue b (default: default)",
      ).argParser(queueList),
    )
    .option(
      "--timeout <seconds>",
      "lease on a job, extended while it runs (--visibility-timeout)",
      leaseSeconds,
      300,
    )
    .addOption(new Option("--visibility-timeout <seconds>").argParser(leaseSeconds).hideHelp())
    .option("--concurrency <n>", "jobs at the same time", wholeNumber(1, 1000), 1)
    .option("--name <text>", "name shown with the attempts (default: host name and process id)")
    .option(
      "--workspace-dir <path>",
      "where each job gets a folder of its own, deleted afterwards; a relative --working-directory of a job without checkout begins here (default: $AIRUNNER_WORKSPACE_DIR or ~/.local/state/airunner/workspace)",
    )
    .option(
      "--spool-dir <path>",
      "where output waits for the server; keep it over restarts (default: $AIRUNNER_SPOOL_DIR or ~/.local/state/airunner/spool)",
    )
    .addOption(
      durationOption(
        "--drain-timeout <duration>",
        "time that running jobs have once the worker is stopped",
        300_000,
        "5m",
      ),
    )
    .addOption(
      durationOption(
        "--kill-grace <duration>",
        "time between TERM and KILL for a job that is stopped",
        10_000,
        "10s",
      ),
    )
    .option("--env-allow <name>", "variable of the worker that jobs see too; repeat it for several", repeated)
    .addOption(
      new Option("--log-level <level>", "least urgent level that is logged")
        .choices(["debug", "info", "warn", "error"])
        .env("AIRUNNER_LOG_LEVEL"),
    )
    // The Go program limits whole requests with it, streams too, and so loses long jobs.
    .option("--client-timeout <duration>", "taken for the sake of old scripts; has no effect");
  return addConnectionOptions(command)
    .addHelpText("after", examples)
    .action(async (flags: WorkerFlags) => {
      const { runWorkerCommand } = await import("../worker/run-worker-command.ts");
      await runWorkerCommand(flags, context);
    });
}

function durationOption(flags: string, text: string, ms: number, shown: string): Option {
  return new Option(flags, text).argParser(duration(0)).default(ms, shown);
}

/** Reads `name` or `name=weight`, and commas between several, and adds them to those before. */
function queueList(text: string, previous: readonly WorkQueue[] = []): readonly WorkQueue[] {
  const queues = text.split(",").map(parseQueue);
  const all = [...previous, ...queues];
  const twice = queues.find(({ queue }) => all.filter((other) => other.queue === queue).length > 1);
  if (twice !== undefined) throw new InvalidArgumentError(`The queue ${twice.queue} is named twice.`);
  return all;
}

function parseQueue(text: string): WorkQueue {
  const [, queue, weightText] = /^([A-Za-z0-9._-]{1,80})(?:=(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const weight = Number(weightText ?? 1);
  if (queue === undefined || weight < 1 || weight > 100) {
    throw new InvalidArgumentError(
      "A queue is 1 to 80 letters, digits, dots, dashes and underscores, and may have a weight from 1 to 100, as in builds=3.",
    );
  }
  return { queue, weight };
}
