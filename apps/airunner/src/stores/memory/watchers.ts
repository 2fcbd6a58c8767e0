// SPDX-License-Identifier: Apache-2.0

/** Who is to be told of a change, by job. */
export class Watchers {
  readonly #byJob = new Map<string, Set<{ readonly onChange: () => void }>>();

  add(jobId: string, onChange: () => void): Disposable {
    const watchers = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, watchers);
    // An object of its own: the same function may watch twice.
    const watcher = { onChange };
    watchers.add(watcher);
    return {
      [Symbol.dispose]: () => {
        watchers.delete(watcher);
        if (watchers.size === 0 && this.#byJob.get(jobId) === watchers) this.#byJob.delete(jobId);
      },
    };
  }

  notify(jobId: string): void {
    const watchers = this.#byJob.get(jobId);
    if (watchers === undefined) return;
    for (const { onChange } of watchers) onChange();
  }
}
