// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";

/** Counts the bytes of requests, or of answers, that are held, of all clients together. */
export class BufferBudget {
  readonly #maxBytes: number;
  #held = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#held;
  }

  /**
   * Counts `bytes` more, or fewer where negative.
   *
   * @throws {ConnectError} `resource_exhausted` when that is too many; they are counted, since they are there until released
   */
  hold(bytes: number): void {
    this.#held += bytes;
    if (bytes > 0 && this.#held > this.#maxBytes) {
      throw new ConnectError(
        "The server has too many large requests or answers at a time; try again.",
        Code.ResourceExhausted,
      );
    }
  }
}
