// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "./clock.ts";

/** A clock that stands still until it is told; for tests of whatever takes a {@link Clock}. */
export interface VirtualClock extends Clock {
  /** Timers that have not fired. */
  readonly pending: number;
  /** Moves to the next timer and fires it; `false` when there is none. */
  fireNext(): boolean;
  /** Moves `ms` ahead, firing what is due on the way, in order. */
  advance(ms: number): void;
}

/** @param startDate what {@link Clock.date} gives at first, in milliseconds since 1970; default 2026-11-21T12:00Z */
export function createVirtualClock(startDate: number = Date.UTC(2026, 10, 21, 12)): VirtualClock {
  let now = 0;
  let nextId = 0;
  const timers = new Map<unknown, { readonly at: number; readonly callback: () => void }>();

  const fireUntil = (limit: number): boolean => {
    const [first] = [...timers].sort(([, one], [, other]) => one.at - other.at);
    if (first === undefined || first[1].at > limit) return false;
    const [id, timer] = first;
    timers.delete(id);
    now = Math.max(now, timer.at);
    timer.callback();
    return true;
  };

  return {
    now: () => now,
    date: () => startDate + now,
    setTimeout(callback, ms) {
      nextId += 1;
      timers.set(nextId, { at: now + ms, callback });
      return nextId;
    },
    clearTimeout: (timer) => void timers.delete(timer),
    get pending() {
      return timers.size;
    },
    fireNext: () => fireUntil(Infinity),
    advance(ms) {
      const until = now + ms;
      while (fireUntil(until));
      now = until;
    },
  };
}
