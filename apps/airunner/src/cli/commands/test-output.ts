// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { duration, wholeNumber } from "../option-values.ts";

export interface TestOutputFlags {
  readonly pattern: string;
  readonly lines: number;
  /** Milliseconds. */
  readonly interval: number;
}

const examples = `
Examples:
  airunner-cli submit -- airunner-cli test-output --pattern gaps --lines 10`;

export function testOutputCommand(context: CliContext): Command {
  return new Command("test-output")
    .description("Writes lines in a known rhythm: a job to try workers and monitors with.")
    .addOption(
      new Option("--pattern <pattern>", "rhythm of the lines")
        .choices(["burst", "steady", "gaps", "mixed"])
        .default("mixed"),
    )
    .option("--lines <n>", "how many", wholeNumber(0, 1_000_000_000), 20)
    .addOption(
      new Option("--interval <duration>", "time between lines").argParser(duration(0)).default(100, "100ms"),
    )
    .addHelpText("after", examples)
    .action(async (flags: TestOutputFlags) => {
      const { runTestOutput } = await import("../test-output.ts");
      await runTestOutput(flags, context);
    });
}
