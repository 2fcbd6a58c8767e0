// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "@repo/http-retry";

/** The time a job may take in all, from now on. */
export interface TimeLimit {
  /** 0 is none. */
  readonly seconds: number;
  /** `Infinity` without a limit; never negative. */
  leftMs(): number;
  isOver(): boolean;
}

/** @param seconds 0 is no limit */
export function startTimeLimit(seconds: number, clock: Clock): TimeLimit {
  const endsAt = seconds === 0 ? Number.POSITIVE_INFINITY : clock.now() + seconds * 1000;
  return {
    seconds,
    leftMs: () => Math.max(0, endsAt - clock.now()),
    isOver: () => clock.now() >= endsAt,
  };
}
