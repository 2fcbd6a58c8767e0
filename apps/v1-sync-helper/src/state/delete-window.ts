// SPDX-License-Identifier: MIT

/** Counts the deletes of all instances, so that a faulty load cannot empty v2. */
export interface DeleteWindow {
  /**
   * Takes one of the deletes that any 60 minutes allow.
   *
   * @returns false when none is left
   * @throws {UnavailableError}
   */
  readonly take: () => Promise<boolean>;
  /** How many were taken within the last hour. @throws {UnavailableError} */
  readonly used: () => Promise<number>;
}
