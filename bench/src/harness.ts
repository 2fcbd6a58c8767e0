// SPDX-License-Identifier: Apache-2.0
import { availableParallelism, cpus } from "node:os";

/** One thing that is measured. */
export interface BenchCase {
  readonly name: string;
  /** Does the work once and returns one figure in the group's unit, such as CPU microseconds per operation. */
  sample(): number | Promise<number>;
}

/** Cases that can be compared: measured in turn, shown in one chart. */
export interface BenchGroup {
  readonly title: string;
  /** Of every figure: "CPU µs/op", "MiB", "ms", … */
  readonly unit: string;
  /** Whether a larger figure is the better one (rates); default false. */
  readonly isMoreBetter?: boolean;
  readonly cases: readonly BenchCase[];
}

export interface BenchOptions {
  /** File name of the results, without ending: a member's name, or `<member>-<what>`. */
  readonly name: string;
  readonly title: string;
  readonly groups: readonly BenchGroup[];
  /** Rounds that count; default 9, at least 1. One more goes first and does not. */
  readonly rounds?: number;
  /** What a reader must know about the figures. */
  readonly notes?: readonly string[];
  /** Told after each round. */
  readonly onRound?: (done: number, rounds: number, group: string) => void;
}

export interface BenchFigure {
  readonly name: string;
  /** The best of the rounds: the least, or the most where more is better. */
  readonly best: number;
  readonly median: number;
  readonly samples: readonly number[];
}

export interface BenchReport {
  readonly name: string;
  readonly title: string;
  readonly measuredAt: string;
  readonly machine: {
    readonly cores: number;
    readonly processor: string;
    readonly platform: string;
    readonly node: string;
  };
  readonly rounds: number;
  readonly notes: readonly string[];
  readonly groups: readonly (Omit<BenchGroup, "cases" | "isMoreBetter"> & {
    readonly isMoreBetter: boolean;
    readonly figures: readonly BenchFigure[];
  })[];
}

/**
 * Measures all cases in alternating rounds of one run, so that whatever else the machine does meets all of them alike.
 * Each round starts with another case; the first round warms up and is not counted.
 */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { name, title, rounds = 9, notes = [] } = options;
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new TypeError("rounds must be a whole number, at least 1.");
  const groups = [];
  for (const group of options.groups) groups.push(await measureGroup(group, rounds, options.onRound));
  const machine = {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
  return { name, title, measuredAt: new Date().toISOString(), machine, rounds, notes, groups };
}

async function measureGroup(group: BenchGroup, rounds: number, onRound: BenchOptions["onRound"]) {
  const { title, unit, cases, isMoreBetter = false } = group;
  const samples = cases.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < cases.length; turn += 1) {
      const index = (turn + round) % cases.length;
      const figure = await cases[index]?.sample();
      if (round > 0 && figure !== undefined) samples[index]?.push(figure);
    }
    onRound?.(round, rounds, title);
  }
  const figures = cases.map(({ name }, index) => toFigure(name, samples[index] ?? [], isMoreBetter));
  return { title, unit, isMoreBetter, figures };
}

function toFigure(name: string, samples: readonly number[], isMoreBetter: boolean): BenchFigure {
  const best = isMoreBetter ? Math.max(...samples) : Math.min(...samples);
  return { name, best, median: medianOf(samples), samples };
}

/** The middle of the figures, or the mean of the middle two. */
export function medianOf(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new TypeError("There is no median of nothing.");
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/**
 * A sample of processor time: microseconds of this process, all of its threads, per operation. Steadier than
 * wall-clock time on a machine that does other things too.
 *
 * @param run does the operations, as many as it is told
 */
export function cpuPerOperation(
  operations: number,
  run: (operations: number) => void | Promise<void>,
): () => Promise<number> {
  return async () => {
    const before = process.cpuUsage();
    await run(operations);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / operations;
  };
}

/** As {@link cpuPerOperation}, of wall-clock time. */
export function wallPerOperation(
  operations: number,
  run: (operations: number) => void | Promise<void>,
): () => Promise<number> {
  return async () => {
    const startedAt = performance.now();
    await run(operations);
    return ((performance.now() - startedAt) * 1000) / operations;
  };
}
