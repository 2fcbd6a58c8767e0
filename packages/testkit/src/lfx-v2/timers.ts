// SPDX-License-Identifier: Apache-2.0

/** Timers of one stand-in, which all end with it. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();
  #isOver = false;

  /** Runs `work` once, after `ms`; never after the end. */
  after(ms: number, work: () => void): void {
    if (this.#isOver) return;
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      work();
    }, ms);
    this.#running.add(timer);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}
