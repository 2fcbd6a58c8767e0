// SPDX-License-Identifier: Apache-2.0
import type { LabelValue } from "./define-instruments.ts";
import { type Labels, maxSeries } from "./series.ts";

/** Called with a function that takes one value for one label set. */
export type ObserveCallback<L> = (observe: (value: number, labels: L) => void) => void | Promise<void>;

/** One value that a callback gave. */
export interface Observation {
  readonly labels: Labels;
  readonly value: number;
}

/** The callbacks of an observable instrument. */
export class Observers {
  readonly #names: readonly string[];
  readonly #callbacks = new Set<ObserveCallback<Labels>>();

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  observe(callback: ObserveCallback<Labels>): Disposable {
    // Wrapped, so that a callback registered twice is asked twice and disposed once each.
    const own: ObserveCallback<Labels> = (observe) => callback(observe);
    this.#callbacks.add(own);
    return { [Symbol.dispose]: () => void this.#callbacks.delete(own) };
  }

  /** Asks all; the last value of a label set counts. @throws what a callback throws */
  async collect(): Promise<readonly Observation[]> {
    const found = new Map<string, Observation>();
    const observe = (value: number, labels: Labels): void => {
      if (!Number.isFinite(value)) return;
      const own = this.#pick(labels);
      const key = JSON.stringify(own);
      if (found.size < maxSeries || found.has(key)) found.set(key, { labels: own, value });
    };
    await Promise.all(Array.from(this.#callbacks, async (callback) => callback(observe)));
    return [...found.values()];
  }

  #pick(labels: Labels): Labels {
    const own: Record<string, LabelValue> = {};
    for (const name of this.#names) {
      const value = labels[name];
      if (value !== undefined) own[name] = value;
    }
    return own;
  }
}
