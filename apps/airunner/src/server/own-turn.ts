// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";

/** Work on more bytes than this (encoding them as JSON) takes a millisecond or more: it waits for a turn of its own. */
export const longBytes = 32_768;

let last: Promise<void> = Promise.resolve();

/**
 * Waits for a turn of the event loop that nobody else has, in order of the calls. A thousand requests that arrive at once would
 * otherwise all be worked on in one turn, with nothing else served for seconds.
 */
export function ownTurn(): Promise<void> {
  last = last.then(() => setImmediate());
  return last;
}
