// SPDX-License-Identifier: MIT

/**
 * One record at a time may create a project of a slug, over all instances: the project service does not reserve slugs
 * while it works.
 */
export interface SlugLocks {
  /**
   * Takes the slug for the object `key`, which must be claimed by the caller. Taking it twice is fine. A holder that
   * is neither claimed nor has an unresolved create of this slug loses it.
   *
   * @returns whether the slug is this object's now
   * @throws {UnavailableError}
   */
  readonly acquire: (slug: string, key: string) => Promise<boolean>;
  /** Gives it back, if it is this object's. @throws {UnavailableError} */
  readonly release: (slug: string, key: string) => Promise<void>;
}
