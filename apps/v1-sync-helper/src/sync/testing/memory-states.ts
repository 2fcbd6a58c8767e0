// SPDX-License-Identifier: MIT
import { RevisionConflictError } from "../../nats/bucket.ts";
import type { ObjectState } from "../../state/object-state.ts";
import type { ObjectStates } from "../../state/object-states.ts";
import { UnavailableError } from "../../unavailable-error.ts";

/** What happens to a write: its answer is lost after or before it is carried out. */
export type LostAnswer = "after" | "before";

/** The bucket's compare-and-set in memory, for tests of one object at a time. */
export class MemoryStates implements ObjectStates {
  readonly #entries = new Map<string, { readonly state: ObjectState; readonly version: number }>();
  #version = 0;
  /** Faults of the next writes, in order. */
  readonly lost: LostAnswer[] = [];
  /** How many of the next reads are not answered. */
  unreadable = 0;
  /** Called before a write is carried out, once. */
  before: (() => Promise<void>) | undefined;
  reads = 0;
  writes = 0;

  readonly read = async (
    key: string,
  ): Promise<{ readonly state?: ObjectState; readonly version: number }> => {
    this.reads += 1;
    if (this.unreadable > 0) {
      this.unreadable -= 1;
      throw noAnswer();
    }
    return this.#entries.get(key) ?? { version: 0 };
  };

  readonly write = async (key: string, state: ObjectState, version: number): Promise<number> => {
    this.writes += 1;
    const { before } = this;
    this.before = undefined;
    await before?.();
    const lost = this.lost.shift();
    if (lost === "before") throw noAnswer();
    if ((this.#entries.get(key)?.version ?? 0) !== version) throw new RevisionConflictError(key);
    this.#version += 1;
    this.#entries.set(key, { state, version: this.#version });
    if (lost === "after") throw noAnswer();
    return this.#version;
  };

  /** As when the bucket was deleted and made again. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  readonly watch = (): void => {};

  state(key: string): ObjectState | undefined {
    return this.#entries.get(key)?.state;
  }

  version(key: string): number {
    return this.#entries.get(key)?.version ?? 0;
  }
}

function noAnswer(): UnavailableError {
  return new UnavailableError({ code: "service_unavailable", message: "NATS did not answer in time." });
}
