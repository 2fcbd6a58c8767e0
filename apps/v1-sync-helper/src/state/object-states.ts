// SPDX-License-Identifier: MIT
import type { Bucket, Change } from "../nats/bucket.ts";
import { escapeKey, unescapeKey } from "../nats/key.ts";
import type { ObjectState } from "./object-state.ts";
import { decodeState, encodeState, isDoneState } from "./state-codec.ts";

export { UnreadableStateError } from "./state-codec.ts";

/** A state that was written; decoding is left to those who want it. */
export interface StateChange {
  /** The v1 key, as in `v1-objects`. */
  readonly key: string;
  /** For the next `write`. */
  readonly version: number;
  /** Known without decoding. False where a person wrote the record in another form. */
  readonly isDone: boolean;
  /** `undefined`: the record was removed. Call it before the listener returns. @throws {UnreadableStateError} */
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
    readonly onRestart?: () => void;
  }) => void;
}

const prefix = "object.";

/** Under which the record of a v1 key stands. */
export function stateKey(key: string): string {
  return prefix + escapeKey(key);
}

export function createObjectStates(bucket: Bucket): ObjectStates {
  return {
    async read(key) {
      const entry = await bucket.get(stateKey(key));
      if (entry === undefined) return { version: 0 };
      return { state: decodeState(key, entry.value), version: entry.revision };
    },
    write(key, state, version) {
      const stored = stateKey(key);
      const value = encodeState(state);
      return version === 0 ? bucket.create(stored, value) : bucket.update(stored, value, version);
    },
    watch: ({ onChange, ...options }) =>
      bucket.watch([`${prefix}>`], { ...options, onChange: (change) => onChange(stateChange(change)) }),
  };
}

function stateChange({ key: stored, revision, value }: Change): StateChange {
  const key = unescapeKey(stored.slice(prefix.length));
  return {
    key,
    version: revision,
    isDone: value !== undefined && isDoneState(value),
    state: () => (value === undefined ? undefined : decodeState(key, value)),
  };
}
