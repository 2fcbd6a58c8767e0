// SPDX-License-Identifier: Apache-2.0
import type { Claim, ClaimRequest } from "../../job/job-store.ts";
import { createListNode, type ListNode, unlink } from "./linked-list.ts";
import type { QueueRow } from "./rows.ts";

/** A claim that found no job and waits in each of its queues for the first one. */
export class WaitingClaim {
  readonly request: ClaimRequest;
  readonly claims: Promise<readonly Claim[]>;
  readonly #signal: AbortSignal;
  readonly #places: readonly ListNode<WaitingClaim>[];
  readonly #resolve: (claims: readonly Claim[]) => void;
  readonly #onAbort = (): void => this.settle([]);

  constructor(request: ClaimRequest, queues: readonly QueueRow[], signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<readonly Claim[]>();
    this.request = request;
    this.claims = promise;
    this.#resolve = resolve;
    this.#signal = signal;
    this.#places = queues.map((queue) => {
      const place = createListNode<WaitingClaim>(this);
      queue.waiting.append(place);
      return place;
    });
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Answers the caller and leaves all queues; settling twice changes nothing. */
  settle(claims: readonly Claim[]): void {
    for (const place of this.#places) unlink(place);
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#resolve(claims);
  }
}
