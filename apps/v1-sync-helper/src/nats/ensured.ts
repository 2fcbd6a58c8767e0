// SPDX-License-Identifier: MIT

/** What became of asking for streams, buckets or a consumer. */
export interface Ensured {
  /** Sentences that say what is missing or cannot be used; none: all is there. */
  readonly problems: readonly string[];
  /** Sentences on settings that are accepted and worth a look. */
  readonly warnings: readonly string[];
}
