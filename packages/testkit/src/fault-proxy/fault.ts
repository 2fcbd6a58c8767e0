// SPDX-License-Identifier: Apache-2.0

/** `up`: from the client to the server; `down`: from the server to the client. */
export type Direction = "up" | "down";

/** Faults without `direction` act on both directions, each counted by itself. */
interface InDirection {
  readonly direction?: Direction;
}

/** Counts bytes of its direction from the moment the fault was set (for a new connection: from its start). Default 0. */
interface AfterBytes extends InDirection {
  readonly afterBytes?: number;
}

/** Every byte comes `ms` milliseconds later, as on a longer way; the rate stays as it is. */
export interface Delay extends InDirection {
  readonly kind: "delay";
  readonly ms: number;
}

/** At most that many bytes per second. */
export interface Throttle extends InDirection {
  readonly kind: "throttle";
  readonly bytesPerSecond: number;
}

/** The byte after `afterBytes` bytes comes with all its bits turned over; with `everyBytes`, each such byte after it too. */
export interface Corrupt extends AfterBytes {
  readonly kind: "corrupt";
  readonly everyBytes?: number;
}

/**
 * - `cut`: the connection is closed on both sides in an orderly way (FIN), as by a server that shuts down.
 * - `reset`: it is torn down on both sides (RST), as by a process that crashed.
 * - `half-close`: only this direction is closed; what its sender still sends is thrown away.
 * - `blackhole`: nothing passes any more, nothing is closed, as when a cable is pulled. When the fault is taken
 *   away, what waited passes, as when the cable is back.
 */
export interface Ending extends AfterBytes {
  readonly kind: "cut" | "reset" | "half-close" | "blackhole";
}

export type Fault = Delay | Throttle | Corrupt | Ending;

/** The faults that act on one direction. */
export function faultsOf(direction: Direction, faults: readonly Fault[]): readonly Fault[] {
  return faults.filter((fault) => fault.direction === undefined || fault.direction === direction);
}

/** Milliseconds by which bytes come later. */
export function delayMs(faults: readonly Fault[]): number {
  return faults.reduce((sum, fault) => (fault.kind === "delay" ? sum + fault.ms : sum), 0);
}

/** The lowest of all rates; infinite without a throttle. */
export function bytesPerSecond(faults: readonly Fault[]): number {
  const rates = faults.filter((fault) => fault.kind === "throttle").map((fault) => fault.bytesPerSecond);
  return Math.min(Number.POSITIVE_INFINITY, ...rates);
}

/** The ending that comes first, if there is one, and how many bytes may still pass before it. */
export function nextEnding(
  faults: readonly Fault[],
  passed: number,
): { readonly kind: Ending["kind"]; readonly remaining: number } | undefined {
  let first: { readonly kind: Ending["kind"]; readonly remaining: number } | undefined;
  for (const fault of faults) {
    if (!isEnding(fault)) continue;
    const remaining = Math.max(0, (fault.afterBytes ?? 0) - passed);
    if (first === undefined || remaining < first.remaining) first = { kind: fault.kind, remaining };
  }
  return first;
}

/** A copy of `bytes`, which come after `passed` others, with what the corrupting faults turn over. */
export function corrupted(bytes: Buffer, faults: readonly Fault[], passed: number): Buffer {
  const result = Buffer.from(bytes);
  for (const fault of faults) {
    if (fault.kind !== "corrupt") continue;
    const first = (fault.afterBytes ?? 0) - passed;
    const step = fault.everyBytes ?? Number.POSITIVE_INFINITY;
    const start = first >= 0 ? first : nextMultiple(first, step);
    for (let index = start; index < result.length; index += step) result[index] = (result[index] ?? 0) ^ 0xff;
  }
  return result;
}

/** The first of `first`, `first + step`, … that is not negative. */
function nextMultiple(first: number, step: number): number {
  return Number.isFinite(step) ? first + Math.ceil(-first / step) * step : Number.POSITIVE_INFINITY;
}

function isEnding(fault: Fault): fault is Ending {
  return (
    fault.kind === "cut" ||
    fault.kind === "reset" ||
    fault.kind === "half-close" ||
    fault.kind === "blackhole"
  );
}

/** Throws a `TypeError` that names what is wrong with a fault. */
export function checkFaults(faults: readonly Fault[]): void {
  for (const fault of faults) {
    for (const [name, value] of Object.entries(fault)) {
      if (name === "kind" || name === "direction" || value === undefined) continue;
      const least = name === "bytesPerSecond" || name === "everyBytes" ? 1 : 0;
      if (typeof value !== "number" || !(value >= least)) {
        throw new TypeError(`${name} of the fault ${fault.kind} must be a number of at least ${least}.`);
      }
    }
  }
}
