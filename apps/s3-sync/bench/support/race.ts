// SPDX-License-Identifier: Apache-2.0
import { type BenchReport, medianOf, runBench } from "@repo/bench";
import { findSummary } from "../../test/support/job.ts";
import type { Contender } from "./contenders.ts";
import { publish } from "./document.ts";
import { loadNote } from "./load.ts";
import { measure, type Run } from "./measure.ts";
import type { Target } from "./target.ts";

/** Programs that do the same job, run in turn. */
export interface Race {
  readonly title: string;
  readonly contenders: readonly Contender[];
  /** Brings both sides into their state before a run. */
  readonly prepare?: () => Promise<void>;
  /** Throws when the job was not done: figures of a failed job say nothing. */
  readonly check: (run: Run, contender: Contender) => void | Promise<void>;
}

/** A figure of each run beside its wall time. */
export interface View {
  readonly title: string;
  readonly unit: string;
  readonly figure: (run: Run) => number;
}

export const cpuView: View = {
  title: "processor time of all processes",
  unit: "CPU s",
  figure: (run) => run.cpuSeconds,
};

export const ownCpuView: View = {
  title: "processor time of the started process alone",
  unit: "CPU s",
  figure: (run) => run.ownCpuSeconds,
};

export const memoryView: View = {
  title: "peak memory of the started process alone",
  unit: "MiB",
  figure: (run) => run.peakMemoryBytes / 1024 ** 2,
};

/** Medians of a figure by race and contender, for targets. */
export type MedianOf = (race: string, contender: string, figure?: View["figure"]) => number;

export interface RacesOptions {
  /** File name of the results: `s3-sync-overhead`. */
  readonly name: string;
  readonly title: string;
  readonly races: readonly Race[];
  readonly views: readonly View[];
  readonly rounds: number;
  readonly directory: string;
  readonly notes: readonly string[];
  readonly targets: (median: MedianOf) => readonly Target[];
}

const wall: View["figure"] = (run) => run.wallSeconds;

/** Runs all races, and publishes wall times, the views of the same runs, and whether the targets were met. */
export async function publishRaces(options: RacesOptions): Promise<void> {
  const { name, title, races, views, rounds, directory } = options;
  const busy = loadNote();
  const runs = new Map<string, Map<string, Run[]>>(races.map((race) => [race.title, new Map()]));
  const report = await runBench({
    name,
    title,
    rounds,
    groups: races.map((race) => ({
      title: race.title,
      unit: "s",
      cases: race.contenders.map((contender) => ({
        name: contender.name,
        sample: async () => {
          await race.prepare?.();
          const run = await measure(contender.command, directory);
          await checkRun(race, contender, run);
          const ofRace = runs.get(race.title);
          ofRace?.set(contender.name, [...(ofRace.get(contender.name) ?? []), run]);
          return run.wallSeconds;
        },
      })),
    })),
    onRound: (done, all, group) => process.stderr.write(`  ${group}: round ${done} of ${all}\n`),
  });
  const counted: MedianOf = (race, contender, figure = wall) =>
    medianOf(countedRuns(runs, race, contender).map(figure));
  const groups: ReportGroup[] = [];
  for (const group of report.groups) {
    groups.push({ ...group, title: `${group.title}: wall time` });
    for (const view of views) groups.push(toGroup(group, view, runs));
  }
  const targets = options.targets(counted).map(describeTarget);
  await publish({ ...report, groups, notes: [...options.notes, ...busy, ...targets] });
}

function describeTarget({ what, limit, value, isMet }: Target): string {
  return `Target ${isMet ? "met" : "missed"}: ${what}: ${value} (wanted: ${limit}).`;
}

async function checkRun(race: Race, contender: Contender, run: Run): Promise<void> {
  try {
    await race.check(run, contender);
  } catch (cause) {
    throw new Error(
      `${contender.name} did not do the job “${race.title}” (exit code ${run.exitCode}): ${run.lastLines.slice(-3).join("\n")}`,
      { cause },
    );
  }
}

/** Without the warm-up, which the harness does not count either. */
function countedRuns(
  runs: ReadonlyMap<string, ReadonlyMap<string, readonly Run[]>>,
  race: string,
  contender: string,
): readonly Run[] {
  return runs.get(race)?.get(contender)?.slice(1) ?? [];
}

type ReportGroup = BenchReport["groups"][number];

function toGroup(
  group: ReportGroup,
  view: View,
  runs: ReadonlyMap<string, ReadonlyMap<string, readonly Run[]>>,
): ReportGroup {
  return {
    ...group,
    title: `${group.title}: ${view.title}`,
    unit: view.unit,
    figures: group.figures.map(({ name }) => {
      const samples = countedRuns(runs, group.title, name).map(view.figure);
      return { name, samples, best: Math.min(...samples), median: medianOf(samples) };
    }),
  };
}

/** Checks that a program said it did the job: exit code 0 and, if it writes our summary, the copied objects. */
export function expectDone(run: Run, copied: number): void {
  if (run.exitCode !== 0) throw new Error(`exit code ${run.exitCode}`);
  const summary = findSummary(run.lastLines);
  if (summary !== undefined && summary.objects_copied !== copied)
    throw new Error(`${summary.objects_copied} objects copied instead of ${copied}`);
}
