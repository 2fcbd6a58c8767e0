// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from "commander";
import type { MonitorOptions } from "./monitor/run-monitor.ts";
import { duration } from "./option-values.ts";

/** What {@link addViewOptions} adds to a command's options. */
export interface ViewFlags {
  readonly json?: true;
  readonly outputOnly?: true;
  readonly verbose?: true;
  readonly tui: boolean;
  readonly exitZero?: true;
  readonly reconnectFor: number;
}

/** How a job is shown: the options that `submit` and `monitor` share. */
export function addViewOptions(command: Command): Command {
  return command
    .option("--json", "one JSON object a line")
    .option("--output-only", "standard output gets the job's output alone; other lines go to standard error")
    .option("--verbose", "a line on standard error for each message")
    .option("--no-tui", "print lines, also on a terminal")
    .option("--exit-zero", "exit with 0 however the job ends")
    .addOption(
      new Option("--reconnect-for <duration>", "how long to try to get a lost connection back")
        .argParser(duration(0))
        .default(600_000, "10m"),
    );
}

type ViewOptions = Pick<MonitorOptions, "json" | "outputOnly" | "verbose" | "exitZero" | "giveUpMs">;

export function toViewOptions(flags: ViewFlags): ViewOptions {
  return {
    json: flags.json ?? false,
    outputOnly: flags.outputOnly ?? false,
    verbose: flags.verbose ?? false,
    exitZero: flags.exitZero ?? false,
    giveUpMs: flags.reconnectFor,
  };
}
