// SPDX-License-Identifier: Apache-2.0

/** When a lease ends at the earliest, by a clock that never jumps; moves with each extension. */
export class LeaseEnd {
  /** Resolves once there is one. */
  readonly known: Promise<void>;
  readonly #isKnown = Promise.withResolvers<void>();
  readonly #listeners = new Set<(at: number) => void>();
  #at: number | undefined;

  constructor() {
    this.known = this.#isKnown.promise;
  }

  /** @param at milliseconds by the worker's clock */
  set(at: number): void {
    this.#at = at;
    this.#isKnown.resolve();
    for (const listener of this.#listeners) listener(at);
  }

  /** Calls back with the end, at once where there is one, and whenever it moves, until disposed. */
  onSet(listener: (at: number) => void): Disposable {
    this.#listeners.add(listener);
    if (this.#at !== undefined) listener(this.#at);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
