// SPDX-License-Identifier: MIT
import { checkKey, IllegalKeyError } from "../nats/key.ts";
import type { Reason } from "../reason.ts";
import { stateKey } from "../state/object-states.ts";

/** NATS stores messages under such subjects, and takes the very same text for a pattern when they are asked for. */
const wildcard = /(?:^|\.)[*>](?:\.|$)/;

/**
 * Why nothing can be kept in step under a key of `v1-objects`: it could not be told from other objects, or nothing can be
 * remembered of it. v1's own ids never come near.
 */
export function keyProblem(key: string): Reason | undefined {
  if (wildcard.test(key))
    return unusable(
      "holds a wildcard of NATS, so that it means other objects too: give the record another id.",
    );
  try {
    checkKey(stateKey(key));
    return undefined;
  } catch (error) {
    if (!(error instanceof IllegalKeyError)) throw error;
    return unusable(
      `has ${key.length} characters, too many to remember anything under it: give the record a shorter id.`,
    );
  }
}

function unusable(why: string): Reason {
  return { code: "unusable_record", message: `The record's key ${why}` };
}
