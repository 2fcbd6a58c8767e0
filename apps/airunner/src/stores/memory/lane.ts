// SPDX-License-Identifier: Apache-2.0
import { LinkedList, type ListNode } from "./linked-list.ts";

/** What stands in a {@link Lane}. */
export interface Positioned {
  /** When it entered the queue's end, counted; kept while it is handed out. */
  readonly position: number;
}

/**
 * Ready jobs of one queue and priority, by position. New ones go to the end in O(1). One that comes back keeps its
 * position and so goes to the front, among others that came back: O(1) where they come in order, as the leases of
 * one worker do, else a step for each that stands before it.
 */
export class Lane<T extends Positioned> {
  readonly #list = new LinkedList<T>();
  #latestReturned: ListNode<T> | undefined;

  get first(): T | undefined {
    return this.#list.first;
  }

  append(node: ListNode<T>): void {
    this.#list.append(node);
  }

  putBack(node: ListNode<T>): void {
    const { position } = node.value;
    const hint = this.#latestReturned;
    let previous = hint?.list === this.#list && hint.value.position < position ? hint : undefined;
    let next = previous === undefined ? this.#list.firstNode : previous.next;
    while (next !== undefined && next.value.position < position) {
      previous = next;
      next = next.next;
    }
    this.#list.insertAfter(previous, node);
    this.#latestReturned = node;
  }
}
