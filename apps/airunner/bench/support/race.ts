// SPDX-License-Identifier: Apache-2.0
import { type BenchReport, runBench } from "@repo/bench";
import type { BenchOptions } from "./options.ts";
import { type BenchServer, startBenchServer } from "./server.ts";

/** One figure of one round. */
export interface Sample {
  /** Title of the table that it stands in, a comma, and the unit of all its figures. */
  readonly group: string;
  readonly name: string;
  readonly value: number;
}

export interface Race {
  readonly name: string;
  readonly title: string;
  readonly options: BenchOptions;
  /** Does everything once with a fresh server; `round` tells rounds apart. */
  measure(server: BenchServer, round: number): Promise<readonly Sample[]>;
  isMoreBetter(group: string): boolean;
  readonly notes: readonly string[];
}

interface Contender {
  readonly name: string;
  readonly command: string | undefined;
}

/**
 * Measures our server, and the one of `--against`, in turn and each round with a fresh process. A round gives many
 * figures at once, so the rounds are run here and their figures are handed to the harness afterwards.
 */
export async function measureContenders(race: Race): Promise<BenchReport> {
  const { rounds, against } = race.options;
  const contenders: readonly Contender[] = [
    { name: "airunner", command: undefined },
    ...(against === undefined ? [] : [{ name: "the other", command: against }]),
  ];
  const samples = new Map<string, Map<string, number[]>>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const contender of contenders) {
      await using server = await startBenchServer(contender.command);
      const found = await race.measure(server, round);
      // The first round warms the machine's caches and is not counted.
      if (round > 0) for (const sample of found) keep(samples, contender, sample, contenders.length > 1);
    }
    process.stderr.write(`round ${round} of ${rounds}\n`);
  }
  return runBench({
    name: race.name,
    title: race.title,
    rounds,
    notes: race.notes,
    groups: [...samples].map(([group, figures]) => ({
      title: group.slice(0, group.lastIndexOf(", ")),
      unit: group.slice(group.lastIndexOf(", ") + 2),
      isMoreBetter: race.isMoreBetter(group),
      cases: [...figures].map(([name, values]) => ({ name, sample: replay(values) })),
    })),
  });
}

function keep(
  samples: Map<string, Map<string, number[]>>,
  contender: Contender,
  { group, name, value }: Sample,
  hasRival: boolean,
): void {
  const figures = samples.get(group) ?? new Map<string, number[]>();
  samples.set(group, figures);
  const label = hasRival ? `${name}: ${contender.name}` : name;
  figures.set(label, [...(figures.get(label) ?? []), value]);
}

/** Gives the figures one after the other; the first twice, for the harness's own warm-up round. */
function replay(values: readonly number[]): () => number {
  const queue = [values[0] ?? Number.NaN, ...values];
  return () => queue.shift() ?? Number.NaN;
}
