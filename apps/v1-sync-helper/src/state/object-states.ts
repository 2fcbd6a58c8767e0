// SPDX-License-Identifier: MIT
import type { ObjectState } from "./object-state.ts";

/** A record that is there and cannot be read. It is never treated as absent: a person has to look. */
export class UnreadableStateError extends Error {
  override readonly name = "UnreadableStateError";
}

/** A state that was written; decoding is left to those who want it. */
export interface StateChange {
  /** The v1 key, as in `v1-objects`. */
  readonly key: string;
  /** For the next `write`. */
  readonly version: number;
  /** Known without decoding. */
  readonly isDone: boolean;
  /** `undefined`: the record was removed. @throws {UnreadableStateError} */
  readonly state: () => ObjectState | undefined;
}

/** The records of the bucket `v1-sync-state` under `object.`, by the keys of `v1-objects`. */
export interface ObjectStates {
  /**
   * @returns the state and its version; without a state, the version that creates it
   * @throws {UnavailableError} @throws {UnreadableStateError}
   */
  readonly read: (key: string) => Promise<{ readonly state?: ObjectState; readonly version: number }>;
  /**
   * Compare and set: `version` is that of the read or write before; 0 creates.
   *
   * @returns the new version
   * @throws {RevisionConflictError} when somebody else wrote since; nothing was written
   * @throws {UnavailableError} when the answer is lost: read again to know whether it was written
   */
  readonly write: (key: string, state: ObjectState, version: number) => Promise<number>;
  /** All records, then each change, in order; see {@link Bucket.watch}. */
  readonly watch: (options: {
    readonly signal: AbortSignal;
    readonly onChange: (change: StateChange) => void;
    readonly onCaughtUp?: () => void;
  }) => void;
}
