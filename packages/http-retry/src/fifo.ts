// SPDX-License-Identifier: Apache-2.0

/** A place in a {@link Fifo}. */
export interface Place<T> {
  readonly value: T;
  before: Place<T> | undefined;
  behind: Place<T> | undefined;
  isTaken: boolean;
}

/** First in, first out, and anyone may leave from wherever they stand; every step takes the same short time. */
export class Fifo<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(value: T): Place<T> {
    const place: Place<T> = { value, before: this.#last, behind: undefined, isTaken: true };
    if (this.#last === undefined) this.#first = place;
    else this.#last.behind = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  shift(): T | undefined {
    const place = this.#first;
    if (place === undefined) return undefined;
    this.remove(place);
    return place.value;
  }

  /** Does nothing for who has left already. */
  remove(place: Place<T>): void {
    if (!place.isTaken) return;
    place.isTaken = false;
    const { before, behind } = place;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    this.#size -= 1;
  }
}
