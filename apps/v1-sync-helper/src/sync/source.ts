// SPDX-License-Identifier: MIT
import { objectsBucket } from "../nats/names.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { readFromLeader } from "../nats/read-newest.ts";

/** A revision of a key of `v1-objects`. */
export interface StoredRevision {
  /** Stream sequence. */
  readonly revision: number;
  /** `undefined`: deleted or purged. */
  readonly value: Uint8Array | undefined;
}

/** The bucket `v1-objects`. */
export interface Source {
  /**
   * The newest revision of a key, delete marks included, as the stream's leader knows it: a replica may be behind,
   * and "not there" must not be guessed. `undefined`: there is none.
   *
   * @throws {UnavailableError}
   */
  readonly newest: (key: string) => Promise<StoredRevision | undefined>;
}

export function createSource(link: NatsLink): Source {
  return {
    newest: async (key) => {
      const stored = await readFromLeader(link, objectsBucket, key);
      if (stored === undefined) return undefined;
      // A value whose time at the server is over says nothing of v1.
      return { revision: stored.revision, value: stored.marker === "deleted" ? undefined : stored.value };
    },
  };
}
