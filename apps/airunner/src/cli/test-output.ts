// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import type { TestOutputFlags } from "./commands/test-output.ts";
import type { CliContext } from "./context.ts";
import { formatGoDuration } from "./text/go-duration.ts";

/** What a rhythm needs: a line of output, a line of its own, and rest. */
interface Writer {
  readonly line: (number: number, text: string) => Promise<void>;
  readonly say: (text: string) => Promise<void>;
  readonly rest: (ms: number) => Promise<void>;
}

type Rhythm = (writer: Writer, flags: TestOutputFlags) => Promise<void>;

const rhythms: Readonly<Record<string, Rhythm>> = { burst, steady, gaps, mixed };

/** The Go program's generator: the same lines in the same rhythm, with the times at which they are written. */
export async function runTestOutput(flags: TestOutputFlags, { stdout }: CliContext): Promise<void> {
  const rhythm = rhythms[flags.pattern] ?? mixed;
  const { pattern, lines, interval } = flags;
  await stdout.write(
    "=== Test Output Generator ===\n" +
      `Pattern: ${pattern}, Lines: ${lines}, Interval: ${formatGoDuration(interval * 1e6)}\n` +
      `Started at: ${now()}\n=============================\n\n`,
  );
  const start = performance.now();
  const elapsed = (): string => formatGoDuration(Math.round(performance.now() - start) * 1e6);
  await rhythm(
    {
      line: (number, text) =>
        stdout.write(`[${now()} +${elapsed().padStart(8)}] Line ${String(number).padStart(3)}: ${text}\n`),
      say: (text) => stdout.write(`${text}\n`),
      rest: (ms) => sleep(ms),
    },
    flags,
  );
  const name = pattern.charAt(0).toUpperCase() + pattern.slice(1);
  await stdout.write(`\n=== ${name} Complete (Total: ${elapsed()}) ===\n`);
}

async function burst({ line }: Writer, { lines }: TestOutputFlags): Promise<void> {
  for (let number = 1; number <= lines; number += 1) await line(number, "Burst output (no delay)");
}

async function steady({ line, rest }: Writer, { lines, interval }: TestOutputFlags): Promise<void> {
  const text = `Steady output (interval: ${formatGoDuration(interval * 1e6)})`;
  for (let number = 1; number <= lines; number += 1) {
    await line(number, text);
    if (number < lines) await rest(interval);
  }
}

async function gaps({ line, rest }: Writer, { lines, interval }: TestOutputFlags): Promise<void> {
  for (let number = 1; number <= lines; number += 1) {
    const gap = (number - 1) * interval;
    await line(number, `Gap output (next gap: ${formatGoDuration(gap * 1e6)})`);
    if (number < lines) await rest(gap);
  }
}

async function mixed({ line, say, rest }: Writer, { lines, interval }: TestOutputFlags): Promise<void> {
  await say("Phase 1: Initial burst...");
  for (let number = 1; number <= 5; number += 1) await line(number, "Initial burst");
  await rest(interval * 2);
  await say("\nPhase 2: Steady output...");
  for (let number = 6; number <= 10; number += 1) {
    await line(number, "Steady phase");
    await rest(interval);
  }
  await say("\nPhase 3: Long gap (simulating processing)...");
  await rest(interval * 10);
  await say("\nPhase 4: Final burst...");
  for (let number = 11; number <= lines; number += 1) await line(number, "Final burst");
}

function now(): string {
  return new Date().toISOString().slice(11, 23);
}
