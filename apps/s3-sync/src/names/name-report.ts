// SPDX-License-Identifier: Apache-2.0

/** Objects of one fate: how many, and one of their names. */
export interface NameGroup {
  readonly count: number;
  readonly sample: string | undefined;
}

/** What a look at all names of both sides gave. */
export interface NameReport {
  /** Why not all names are known; `undefined` when they are. */
  readonly problem: string | undefined;
  readonly sourceMarkers: NameGroup;
  /** Folder markers of the source that hold content. */
  readonly fullMarkers: number;
  readonly destinationMarkers: NameGroup;
  /** Odd names of the source that the destination lacks, or has with another size. */
  readonly leftOut: NameGroup;
  /** Odd names that only the destination has. */
  readonly surplus: NameGroup;
}

const nothing: NameGroup = { count: 0, sample: undefined };

/** The report of a look that did not come to its end. */
export function unknownNames(problem: string): NameReport {
  return {
    problem,
    sourceMarkers: nothing,
    fullMarkers: 0,
    destinationMarkers: nothing,
    leftOut: nothing,
    surplus: nothing,
  };
}
