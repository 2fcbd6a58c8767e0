// SPDX-License-Identifier: Apache-2.0

/** One place in a {@link LinkedList}. */
export interface ListNode<T> {
  readonly value: T;
  list: LinkedList<T> | undefined;
  previous: ListNode<T> | undefined;
  next: ListNode<T> | undefined;
}

export function createListNode<T>(value: T): ListNode<T> {
  return { value, list: undefined, previous: undefined, next: undefined };
}

/**
 * A doubly linked list whose nodes belong to what they hold, so that anything leaves from anywhere in O(1): a job
 * that is cancelled in the middle of its queue, a claim that gives up. A node is in one list at a time.
 */
export class LinkedList<T> {
  #first: ListNode<T> | undefined;
  #last: ListNode<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  get firstNode(): ListNode<T> | undefined {
    return this.#first;
  }

  values(): readonly T[] {
    const values: T[] = [];
    for (let node = this.#first; node !== undefined; node = node.next) values.push(node.value);
    return values;
  }

  append(node: ListNode<T>): void {
    this.#insert(node, this.#last, undefined);
  }

  /** @param previous a node of this list; `undefined` puts the new one first */
  insertAfter(previous: ListNode<T> | undefined, node: ListNode<T>): void {
    this.#insert(node, previous, previous === undefined ? this.#first : previous.next);
  }

  #insert(node: ListNode<T>, previous: ListNode<T> | undefined, next: ListNode<T> | undefined): void {
    if (node.list !== undefined) throw new TypeError("The node is in a list already.");
    node.list = this;
    node.previous = previous;
    node.next = next;
    if (previous === undefined) this.#first = node;
    else previous.next = node;
    if (next === undefined) this.#last = node;
    else next.previous = node;
    this.#size += 1;
  }

  remove(node: ListNode<T>): void {
    if (node.list !== this) throw new TypeError("The node is not in this list.");
    const { previous, next } = node;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    node.list = undefined;
    node.previous = undefined;
    node.next = undefined;
    this.#size -= 1;
  }
}

/** Takes a node out of whichever list it is in, if any. */
export function unlink<T>(node: ListNode<T>): void {
  node.list?.remove(node);
}
