// SPDX-License-Identifier: MIT

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Stream sequence. */
  readonly revision: number;
  /** By the server's clock. */
  readonly createdAt: Date;
}

/** A change of a bucket that a watcher is told of. */
export interface Change {
  readonly key: string;
  readonly revision: number;
  /** `undefined`: deleted or purged. */
  readonly value: Uint8Array | undefined;
}

/** Another revision than the expected one was the newest: somebody else wrote first, nothing was written. */
export class RevisionConflictError extends Error {
  override readonly name = "RevisionConflictError";
}

/** What a write gave; `undefined` where somebody else wrote first. */
export async function unlessConflict<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof RevisionConflictError) return undefined;
    throw error;
  }
}

/**
 * A JetStream KV bucket. Every method but `watch` throws `UnavailableError` when NATS does not answer in time or the
 * bucket is not there.
 */
export interface Bucket {
  readonly name: string;
  /** `undefined` when there is none, or its newest revision is a delete marker. */
  readonly get: (key: string) => Promise<Entry | undefined>;
  /** @throws {RevisionConflictError} when the key has a value */
  readonly create: (key: string, value: Uint8Array | string) => Promise<number>;
  /** @throws {RevisionConflictError} when `revision` is not the newest */
  readonly update: (key: string, value: Uint8Array | string, revision: number) => Promise<number>;
  readonly put: (key: string, value: Uint8Array | string) => Promise<number>;
  /** Leaves a marker and nothing else. @throws {RevisionConflictError} when `revision` is given and not the newest */
  readonly purge: (key: string, revision?: number) => Promise<void>;
  /**
   * The newest value of every key that matches one of `filters` (NATS wildcards), then every change, in order, until
   * `signal` is aborted; goes on by itself after any break, possibly repeating changes, never leaving one out.
   * `onCaughtUp` is called once the values of the beginning were told; `onRestart` when the bucket turns out to be
   * another one (deleted and made again): what was told is void, and the new one's values follow.
   */
  readonly watch: (
    filters: readonly string[],
    options: {
      readonly signal: AbortSignal;
      readonly onChange: (change: Change) => void;
      readonly onCaughtUp?: () => void;
      readonly onRestart?: () => void;
    },
  ) => void;
}
