// SPDX-License-Identifier: MIT
import { type BenchReport, runBench } from "@repo/bench";
import { loadNote } from "./load.ts";

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
  /** Rounds that count; one more goes first and does not, unless `isLong`. */
  readonly rounds: number;
  /** Whether a round takes minutes, warms up by itself, and is not run for nothing. */
  readonly isLong?: boolean;
  /** Does everything once. */
  readonly measure: (round: number) => Promise<readonly Sample[]>;
  readonly isMoreBetter: (group: string) => boolean;
  readonly notes: readonly string[];
  /** What to say of the figures, by their medians. */
  readonly targets?: (median: (group: string, name: string) => number) => readonly string[];
}

type Samples = Map<string, Map<string, number[]>>;

/**
 * Runs the rounds. A round gives many figures at once, so they are kept here and handed to the harness afterwards.
 */
export async function measureRounds(race: Race): Promise<BenchReport> {
  const { name, title, rounds, isLong = false, notes, targets = () => [] } = race;
  const samples: Samples = new Map();
  const busy = loadNote();
  for (let round = isLong ? 1 : 0; round <= rounds; round += 1) {
    const found = await race.measure(round);
    if (round > 0) for (const sample of found) keep(samples, sample);
    process.stderr.write(`round ${round} of ${rounds}\n`);
  }
  const report = await runBench({
    name,
    title,
    rounds,
    notes: [...notes, ...busy],
    groups: [...samples].map(([group, figures]) => ({
      title: group.slice(0, group.lastIndexOf(", ")),
      unit: group.slice(group.lastIndexOf(", ") + 2),
      isMoreBetter: race.isMoreBetter(group),
      cases: [...figures].map(([of, values]) => ({ name: of, sample: replay(values) })),
    })),
  });
  const median = (group: string, of: string): number =>
    report.groups
      .find(({ title: head, unit }) => `${head}, ${unit}` === group)
      ?.figures.find((figure) => figure.name === of)?.median ?? Number.NaN;
  return { ...report, notes: [...report.notes, ...targets(median)] };
}

function keep(samples: Samples, { group, name, value }: Sample): void {
  const figures = samples.get(group) ?? new Map<string, number[]>();
  samples.set(group, figures);
  figures.set(name, [...(figures.get(name) ?? []), value]);
}

/** Gives the figures one after the other; the first twice, for the harness's own warm-up round. */
function replay(values: readonly number[]): () => number {
  const queue = [values[0] ?? Number.NaN, ...values];
  return () => queue.shift() ?? Number.NaN;
}

/** A line that says whether a figure is as it was asked for. */
export function target(
  what: string,
  value: number,
  { least, most, unit }: { readonly least?: number; readonly most?: number; readonly unit: string },
): string {
  const isMet = value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY);
  const wanted = least === undefined ? `at most ${format(most)}` : `at least ${format(least)}`;
  return `Target ${isMet ? "met" : "missed"}: ${what}: ${format(value)} ${unit} (wanted: ${wanted}).`;
}

function format(value: number | undefined): string {
  return Math.round(value ?? Number.NaN).toLocaleString("en-US");
}
