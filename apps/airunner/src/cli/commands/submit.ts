// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import { type CliContext, UsageError } from "../context.ts";
import { exitCodeHelp } from "../exit-codes.ts";
import { duration, repeated, wholeNumber } from "../option-values.ts";
import type { JobFlags } from "../submit/build-request.ts";
import { addViewOptions, type ViewFlags } from "../view-options.ts";

export interface SubmitFlags extends ConnectionFlags, ViewFlags, JobFlags {
  readonly config?: string;
  readonly monitor: boolean;
  readonly quiet?: true;
  /** Milliseconds. */
  readonly timeout?: number;
}

const examples = `
Examples:
  airunner-cli submit github.com/example/repo               runs what its .airunner.yaml says
  airunner-cli submit github.com/example/repo -- make test  runs the command inside of the repository
  airunner-cli submit -- sh -c 'date; uname -a'             runs the command alone

Values in the file of --config win over flags and the repository given here; environment and metadata are merged.`;

export function submitCommand(context: CliContext, afterDashes: readonly string[]): Command {
  const command = new Command("submit")
    .usage("[options] [repository-url] [-- command [args...]]")
    .description("Puts a job into a queue and shows it until it has ended.")
    .argument("[repository-url]", "repository to check out; without a scheme, https");
  addJobOptions(command);
  addScheduleOptions(command);
  command
    .option("--no-monitor", "do not wait for the job (also --monitor=false)")
    .option("-q, --quiet", "print the job's id alone and do not wait")
    .option("--timeout <duration>", "stop watching after this time, as 5m (default: never)", duration(0));
  addViewOptions(addConnectionOptions(command));
  return command
    .addHelpText("after", examples + exitCodeHelp())
    .action(async (repository: string | undefined, flags: SubmitFlags) => {
      if (flags.queue.trim() === "") throw new UsageError("--queue is empty; name a queue, as default");
      const { runSubmit } = await import("../submit/run-submit.ts");
      context.exitWith(await runSubmit({ repository, flags, afterDashes }, context));
    });
}

function addJobOptions(command: Command): void {
  command
    .option("--queue <name>", "queue to put the job into", "default")
    .option("--command <command>", "command to run, without its arguments")
    .option("--args <list>", "its arguments: between commas (\\, is a comma), or --args again", repeated)
    .option("--env <pairs>", "variables of the job: K=V;K2=V2 or --env again", repeated)
    .option("--metadata <pairs>", "notes about the job, in the same way", repeated)
    .option("--owner <name>", "whose job it is", "airunner-user")
    .option(
      "--process-type <type>",
      "pty: the command gets a terminal; pipe: output and errors stay apart",
      "pty",
    )
    .option(
      "--timeout-seconds <n>",
      "end the command after this time; 0 is never",
      wholeNumber(-(2 ** 53) + 1, 2 ** 53 - 1),
      0,
    )
    .option(
      "--working-directory <path>",
      "where to run it; inside of the repository where there is one, else of the worker's workspace (default: the repository, else an empty folder of the job's own)",
    )
    .option("--commit <ref>", "commit to check out (default: the branch's latest)")
    .option("--branch <name>", "branch to check out (default: the repository's own)")
    .option("--no-checkout", "with --command: send the repository as a note, as the Go program did")
    .option(
      "--git-depth <n>",
      "commits of history to fetch; 0 is the worker's choice",
      wholeNumber(0, 1_000_000),
    )
    .option("--submodules", "check out submodules too")
    .option("--config <path>", "file with the job: JSON where it ends in .json, else YAML");
}

function addScheduleOptions(command: Command): void {
  command
    .option("--request-id <id>", "makes submitting again harmless: the same id gives the same job")
    .option("--priority <n>", "-9 to 9; higher runs earlier", wholeNumber(-9, 9), 0)
    .option("--delay <duration>", "do not run it before this time has passed, as 10m", duration(0))
    .option("--max-attempts <n>", "repeat a failed or lost attempt, so many in all", wholeNumber(1, 100))
    .option("--backoff <duration>", "wait before the second attempt, doubled for each later one", duration(0))
    .addOption(
      new Option("--max-backoff <duration>", "longest wait between attempts").argParser(duration(0)),
    );
}
