// SPDX-License-Identifier: MIT
import { askApi, isObject } from "../nats/jetstream-api.ts";
import { objectsStream } from "../nats/names.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { natsUnavailable } from "../nats/unavailable.ts";

/**
 * Tells revisions of `v1-objects` from those of a bucket of that name that was deleted: a new one counts from 1 again,
 * and everything in it would seem to be long done.
 */
export interface StreamAge {
  /** Whether the stream has not come as far as this. @throws {UnavailableError} */
  readonly isBefore: (revision: number) => Promise<boolean>;
  /** The stream may be another one from now on. */
  readonly forget: () => void;
}

export function createStreamAge(link: NatsLink): StreamAge {
  let reached = 0;
  let asking: Promise<number> | undefined;

  async function ask(): Promise<number> {
    const { state } = await askApi(link, `STREAM.INFO.${objectsStream}`);
    const last = isObject(state) ? state["last_seq"] : undefined;
    if (typeof last !== "number")
      throw natsUnavailable(`JetStream does not say how far ${objectsStream} is.`);
    return last;
  }

  return {
    isBefore: async (revision) => {
      if (revision <= reached) return false;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      const last = await asking;
      reached = Math.max(reached, last);
      return revision > last;
    },
    forget: () => {
      reached = 0;
    },
  };
}
