// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags, openClients } from "../connection.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodeHelp } from "../exit-codes.ts";
import { duration, repeated, wholeNumber } from "../option-values.ts";
import { harmless } from "../text/harmless.ts";
import { addViewOptions, toViewOptions, type ViewFlags } from "../view-options.ts";

interface MonitorFlags extends ConnectionFlags, ViewFlags {
  readonly fromSequence: number;
  readonly fromTimestamp: number;
  readonly eventFilter?: readonly string[];
  readonly attempt: number;
  readonly playback?: true;
  readonly speed?: number;
  readonly timeout?: number;
}

const examples = `
Examples:
  airunner-cli monitor <job-id>                               its output so far, then live
  airunner-cli monitor --output-only <job-id> > build.log     the bytes of its output alone
  airunner-cli monitor --playback --speed 4 <job-id>          as it happened, four times as fast
  airunner-cli monitor --json --from-sequence 500 <job-id>`;

export function monitorCommand(context: CliContext): Command {
  const command = new Command("monitor")
    .description("Shows a job's output, from its start or live, and exits with the job's exit code.")
    .argument("<job-id>", "job to watch")
    .option("--from-sequence <n>", "first event to show", wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .option("--from-timestamp <ms>", "first moment to show, in Unix milliseconds", wholeNumber(0, 8.64e15), 0)
    .option(
      "--event-filter <types>",
      "only these types of events: numbers or names, between commas",
      repeated,
    )
    .option(
      "--attempt <n>",
      "only this attempt (default: the latest and each later one)",
      wholeNumber(0, 2 ** 31 - 1),
      0,
    )
    .option("--playback", "show at the pace at which it happened")
    .option("--speed <factor>", "with --playback: 2 is twice as fast", speedFactor)
    .option("--timeout <duration>", "stop watching after this time, as 5m (default: never)", duration(0));
  addViewOptions(addConnectionOptions(command));
  return command
    .addHelpText("after", `${examples}\n${exitCodeHelp()}`)
    .action(async (jobId: string, flags: MonitorFlags) => {
      if (flags.speed !== undefined && flags.playback === undefined) {
        throw new UsageError("--speed says how fast --playback is; give both");
      }
      const { parseEventFilter } = await import("../monitor/event-filter.ts");
      const filter = parseEventFilter(flags.eventFilter ?? []);
      const { runMonitor } = await import("../monitor/run-monitor.ts");
      using clients = await openClients(flags, context);
      if (!flags.json) {
        const notes = flags.outputOnly === true ? context.stderr : context.stdout;
        await notes.write(`Monitoring job ${harmless(jobId.trim())} on server ${clients.server}\n`);
      }
      const exitCode = await runMonitor(
        clients,
        {
          ...toViewOptions(flags),
          jobId: jobId.trim(),
          fromSequence: flags.fromSequence,
          fromTimestamp: flags.fromTimestamp,
          filter,
          attempt: flags.attempt,
          playbackSpeed: flags.playback === true ? (flags.speed ?? 1) : undefined,
          timeoutMs: flags.timeout === 0 ? undefined : flags.timeout,
        },
        context,
      );
      context.exitWith(exitCode);
    });
}

function speedFactor(text: string): number {
  const value = Number(text);
  if (!(value >= 0.01 && value <= 1000)) throw new UsageError("--speed must be a number from 0.01 to 1000");
  return value;
}
