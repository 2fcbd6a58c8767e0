// SPDX-License-Identifier: MIT
import { cpuSecondsOf } from "@repo/bench";
import type { Instance } from "./instance.ts";
import type { Platform } from "./platform.ts";
import type { Sample } from "./race.ts";
import type { Entry } from "./records.ts";

/** Objects that go through together: one write of v2 for each. */
export interface Wave {
  readonly entries: readonly Entry[];
  /** So many go first and are not measured. */
  readonly warmUp: number;
}

/** What the measured objects of a wave took. */
export interface WaveFigures {
  readonly perSecond: number;
  /** Mean time of an attempt, from claim to outcome on record. */
  readonly latencyMs: number;
  /** Microseconds of processor time per object. */
  readonly cpu: { readonly instances: number; readonly nats: number; readonly standIns: number };
}

interface Moment {
  readonly atMs: number;
  readonly instances: number;
  readonly nats: number;
  readonly standIns: number;
  readonly attempts: number;
  readonly attemptMs: number;
}

/** Puts the records and watches the instances carry them through. */
export async function measureWave(
  platform: Platform,
  instances: readonly Instance[],
  { entries, warmUp }: Wave,
): Promise<WaveFigures> {
  const { standIns } = platform;
  const before = await standIns.writes();
  const measured = entries.length - warmUp;
  const begin = standIns.untilWrites(before + warmUp).then(() => look(platform, instances));
  const end = standIns.untilWrites(before + entries.length).then(() => look(platform, instances));
  await platform.put(entries);
  const [first, last] = await Promise.all([begin, end]);
  await Promise.all(instances.map((instance) => instance.untilIdle()));
  const each = (of: "instances" | "nats" | "standIns"): number => ((last[of] - first[of]) * 1e6) / measured;
  return {
    perSecond: (measured * 1000) / (last.atMs - first.atMs),
    latencyMs: (last.attemptMs - first.attemptMs) / (last.attempts - first.attempts),
    cpu: { instances: each("instances"), nats: each("nats"), standIns: each("standIns") },
  };
}

async function look({ nats, standIns }: Platform, instances: readonly Instance[]): Promise<Moment> {
  const processes = {
    atMs: performance.now(),
    instances: instances.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0),
    nats: nats.pid === undefined ? Number.NaN : cpuSecondsOf(nats.pid),
    standIns: cpuSecondsOf(standIns.pid),
  };
  const read = await Promise.all(instances.map((instance) => instance.metrics()));
  const sum = (name: string): number => read.reduce((all, metric) => all + metric(name), 0);
  return {
    ...processes,
    attempts: sum("v1_sync_attempt_duration_milliseconds_count"),
    attemptMs: sum("v1_sync_attempt_duration_milliseconds_sum"),
  };
}

/** A row of the tables of a wave. */
export function waveSamples(
  title: string,
  name: string,
  { perSecond, cpu }: Pick<WaveFigures, "perSecond" | "cpu">,
): Sample[] {
  return [
    { group: `${title}: rate, objects/s`, name, value: perSecond },
    { group: `${title}: the program, CPU µs/object`, name, value: cpu.instances },
    { group: `${title}: nats-server, CPU µs/object`, name, value: cpu.nats },
    { group: `${title}: the services, CPU µs/object`, name, value: cpu.standIns },
  ];
}

/** @throws {Error} when something went another way than it should, so that the figures would mean nothing */
export async function checkRefusals({ standIns }: Platform): Promise<void> {
  const refused = await standIns.refused();
  if (refused !== "") throw new Error(`not every call was answered with success: ${refused}`);
}
