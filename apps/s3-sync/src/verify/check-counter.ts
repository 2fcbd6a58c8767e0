// SPDX-License-Identifier: Apache-2.0

/** First character of a line of rclone's `check --combined -`. */
const signs = {
  "=": "matched",
  "*": "differing",
  "+": "missing_at_destination",
  "-": "missing_at_source",
  "!": "failed",
} as const;

type Sign = keyof typeof signs;
export type CheckCounts = Record<(typeof signs)[Sign], number>;

function isSign(character: string | undefined): character is Sign {
  return character !== undefined && Object.hasOwn(signs, character);
}

/** Counts the report of `rclone check`, one object a line: `= photos/a.jpg`. */
export function createCheckCounter(): {
  readonly counts: CheckCounts;
  readonly take: (line: string) => void;
} {
  const counts: CheckCounts = {
    matched: 0,
    differing: 0,
    missing_at_destination: 0,
    missing_at_source: 0,
    failed: 0,
  };
  return {
    counts,
    take(line) {
      const sign = line[0];
      if (isSign(sign) && line[1] === " ") counts[signs[sign]] += 1;
    },
  };
}
