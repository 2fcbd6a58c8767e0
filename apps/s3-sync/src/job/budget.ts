// SPDX-License-Identifier: Apache-2.0

/** Why a job was stopped by us: its time budget has passed and rclone has not ended by itself. */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

/**
 * How much longer than the budget rclone may take to finish running transfers before it is told to stop:
 * a fifteenth of the budget, between 10 s and 5 min. 55 min end by 59, below a Job's deadline of an hour.
 */
export function overtimeMs(budgetMs: number): number {
  return Math.min(300_000, Math.max(10_000, budgetMs / 15));
}

/** The time budget of a whole job. */
export class Budget {
  readonly #totalMs: number;
  readonly #startedAt: number;
  readonly #now: () => number;

  /** @param totalMs 0 is without end */
  constructor(totalMs: number, now: () => number = () => performance.now()) {
    this.#totalMs = totalMs;
    this.#now = now;
    this.#startedAt = now();
  }

  get elapsedMs(): number {
    return this.#now() - this.#startedAt;
  }

  /** At least 0; `undefined` without a budget. */
  get remainingMs(): number | undefined {
    return this.#totalMs === 0 ? undefined : Math.max(0, this.#totalMs - this.elapsedMs);
  }

  get isSpent(): boolean {
    return this.remainingMs === 0;
  }

  /** Aborts `controller` once the overtime has passed too; for an rclone that hangs. */
  startDeadline(controller: AbortController): Disposable {
    if (this.#totalMs === 0) return { [Symbol.dispose]() {} };
    const delay = Math.min(2 ** 31 - 1, this.#totalMs + overtimeMs(this.#totalMs));
    const timer = setTimeout(() => controller.abort(new BudgetSpent()), delay);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }
}
