// SPDX-License-Identifier: MIT

export interface DueItem {
  readonly key: string;
  /** Of the record that is due. */
  readonly version: number;
  /** Monotonic milliseconds. */
  readonly dueMs: number;
}

/** Items by the time they are due, earliest first: a binary heap. */
export class DueHeap {
  #items: DueItem[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): DueItem | undefined {
    return this.#items[0];
  }

  push(item: DueItem): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || parent.dueMs <= item.dueMs) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  pop(): DueItem | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    this.#sink(last);
    return first;
  }

  /**
   * Keeps of each key the earliest item that `isWanted`, and nothing else: what is left is never more than there are
   * keys, however often each was pushed.
   */
  prune(isWanted: (item: DueItem) => boolean): void {
    const kept = this.#items.filter(isWanted).toSorted((a, b) => a.dueMs - b.dueMs);
    const keys = new Set<string>();
    // What is sorted is a heap.
    this.#items = kept.filter(({ key }) => keys.size < keys.add(key).size);
  }

  #sink(item: DueItem): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const first = items[left];
      if (first === undefined) break;
      const second = items[left + 1];
      const [below, child] =
        second !== undefined && second.dueMs < first.dueMs ? [left + 1, second] : [left, first];
      if (child.dueMs >= item.dueMs) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }
}
