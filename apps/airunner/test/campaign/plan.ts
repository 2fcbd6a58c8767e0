// SPDX-License-Identifier: Apache-2.0
import type { Direction } from "@repo/testkit/fault-proxy";
import { createRandom, type Random } from "./random.ts";

/** What can happen to the way between one party and the server. */
export const networkFaults = [
  "cut",
  "reset",
  "reset in the middle",
  "half-close",
  "delay",
  "throttle",
  "short blackhole",
  "long blackhole",
  "silence",
] as const;

export const workerFaults = [
  "kill",
  "kill in the dark",
  "terminate",
  "short freeze",
  "long freeze",
  "kill the job's process",
  "kill the guard",
] as const;

export type FaultKind =
  | (typeof networkFaults)[number]
  | (typeof workerFaults)[number]
  | "kill the monitor"
  | "freeze the server";

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Milliseconds after the one before. */
  readonly waitMs: number;
  /** Which worker, reader or publisher; see `Party`. */
  readonly party: "worker" | "publisher" | "reader" | "monitor" | "server";
  /** Any whole number: taken modulo the number of these. */
  readonly index: number;
  /** How long it lasts; of what ends at once, the pause after it. */
  readonly ms: number;
  readonly direction: Direction;
  readonly afterBytes: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly faults: number;
  /** Milliseconds between faults on average. */
  readonly meanGapMs: number;
  readonly leaseSeconds: number;
}

/** Each of these many times before the rest is drawn, so that a short plan has all that matters in it. */
const surely: readonly (readonly [PlannedFault["party"], FaultKind])[] = [
  ["worker", "kill"],
  ["worker", "kill in the dark"],
  ["worker", "kill in the dark"],
  ["worker", "kill in the dark"],
  ["worker", "long blackhole"],
  ["publisher", "reset in the middle"],
  ["worker", "long freeze"],
  ["worker", "long freeze"],
  ["worker", "long freeze"],
  ["reader", "cut"],
  ["monitor", "reset in the middle"],
  ["worker", "reset in the middle"],
  ["publisher", "long blackhole"],
  ["worker", "terminate"],
  ["worker", "kill"],
  ["monitor", "kill the monitor"],
  ["reader", "reset in the middle"],
  ["server", "freeze the server"],
  ["worker", "kill the job's process"],
];

/** Which faults come when, to whom; the same for the same options. */
export function planFaults(options: PlanOptions): readonly PlannedFault[] {
  const random = createRandom(options.seed);
  const first = surely.slice(0, options.faults);
  const rest = Array.from({ length: options.faults - first.length }, () => draw(random));
  // Put among the others evenly, not all in the beginning.
  const all = [...first, ...rest].map((pair) => ({ pair, at: random.next() }));
  return all
    .toSorted((a, b) => a.at - b.at)
    .map(({ pair: [party, kind] }) => ({
      kind,
      party,
      waitMs: Math.round(options.meanGapMs * 2 * random.next()),
      index: random.int(0, 1000),
      ms: durationMs(kind, options.leaseSeconds * 1000, random),
      direction: random.pick(["up", "down"] as const),
      afterBytes: random.int(0, 20_000),
    }));
}

function draw(random: Random): readonly [PlannedFault["party"], FaultKind] {
  const party = random.pick([
    "worker",
    "worker",
    "worker",
    "worker",
    "publisher",
    "reader",
    "monitor",
  ] as const);
  if (random.chance(0.02)) return ["server", "freeze the server"];
  if (party === "worker" && random.chance(0.55)) return [party, random.pick(workerFaults)];
  if (party === "monitor" && random.chance(0.4)) return [party, "kill the monitor"];
  return [party, random.pick(networkFaults)];
}

function durationMs(kind: FaultKind, leaseMs: number, random: Random): number {
  switch (kind) {
    case "long blackhole":
    case "long freeze":
      return leaseMs + random.int(500, 3000);
    case "kill in the dark":
      return random.int(700, 2000);
    case "short blackhole":
    case "short freeze":
      return random.int(200, leaseMs / 2);
    case "freeze the server":
      return random.int(2000, 4500);
    case "delay":
    case "throttle":
      return random.int(500, 4000);
    default:
      return random.int(0, 1500);
  }
}
