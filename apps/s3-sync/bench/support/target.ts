// SPDX-License-Identifier: Apache-2.0

/** A figure that the specification wants; the benchmark says whether it was reached, and fails nothing. */
export interface Target {
  readonly what: string;
  /** `at most 1 % + 0.3 s more`. */
  readonly limit: string;
  readonly value: string;
  readonly isMet: boolean;
}

/** The wrapper may add 1 % of the bare run's wall time and 0.3 s. All in seconds. */
export function overheadTarget(what: string, bareSeconds: number, jobSeconds: number): Target {
  const added = jobSeconds - bareSeconds;
  const share = (100 * added) / bareSeconds;
  return {
    what,
    limit: "at most 1 % + 0.3 s over bare rclone",
    value: `${signed(added)} s (${signed(share, 1)} %) on ${bareSeconds.toFixed(2)} s`,
    isMet: added <= 0.01 * bareSeconds + 0.3,
  };
}

/** `slow` must take at least `times` as long as `fast`. */
export function speedupTarget(
  what: string,
  { slow, fast, times }: { readonly slow: number; readonly fast: number; readonly times: number },
): Target {
  const ratio = slow / fast;
  return { what, limit: `at least ${times}x`, value: `${ratio.toFixed(1)}x`, isMet: ratio >= times };
}

export function ceilingTarget(what: string, value: number, ceiling: number, unit: string): Target {
  return {
    what,
    limit: `under ${ceiling} ${unit}`,
    value: `${value.toFixed(0)} ${unit}`,
    isMet: value < ceiling,
  };
}

function signed(value: number, digits = 2): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
}
