// SPDX-License-Identifier: MIT
import type { Author } from "../../objects/author.ts";
import type { WriteCall } from "../../objects/plan.ts";
import type { ObjectKey } from "../../records/object-key.ts";
import type { ObjectState } from "../../state/object-state.ts";
import { type AttemptOutcome, claimed } from "../../state/transition.ts";
import { Attempt, type Hold } from "../../sync/attempt.ts";
import type { Ports, Rules } from "../../sync/ports.ts";
import { runAttempt } from "../../sync/run-attempt.ts";
import type { StoredRevision } from "../../sync/source.ts";
import { dryPorts } from "./dry-ports.ts";

/** A call that would be sent, and in whose name. */
export interface ForecastCall {
  readonly call: WriteCall;
  readonly author: Author;
}

/** What an attempt at an object would do at this moment, and how it would end if v2 took every call. */
export interface Forecast {
  readonly outcome: AttemptOutcome;
  readonly calls: readonly ForecastCall[];
}

/** What forecasting takes of the parts that really work. */
export type ForecastPorts = Omit<Ports, "slugLocks" | "deleteWindow" | "events">;

export interface ForecastOptions {
  readonly key: ObjectKey;
  readonly stored: StoredRevision;
  readonly state: ObjectState | undefined;
  readonly ports: ForecastPorts;
  readonly rules: Rules;
  /** Deletes that the guard still allows. */
  readonly deletesLeft: () => Promise<number>;
}

/**
 * Goes the very way of a real attempt, with everything that writes replaced by a note of it: v2 and v1 are read, and
 * nothing changes anywhere.
 *
 * @throws what is a defect of this program
 */
export async function forecast(options: ForecastOptions): Promise<Forecast> {
  const { key, stored, state, rules, deletesLeft } = options;
  const { clock } = options.ports;
  const nowMs = clock.epochMs();
  const hold = dryHold(claimed(state, { revision: stored.revision, owner: "forecast", nowMs }));
  const calls: ForecastCall[] = [];
  const defects: unknown[] = [];
  const onDefect = (error: unknown): void => void defects.push(error);
  const ports = dryPorts({ ports: options.ports, hold, calls, deletesLeft, onDefect });
  const outcome = await runAttempt(new Attempt(key, hold, ports, rules), stored);
  if (defects.length > 0) throw defects[0];
  return { outcome, calls };
}

/** What an attempt notes down about its object, kept to itself. */
function dryHold(start: ObjectState): Hold {
  let state = start;
  return {
    get state() {
      return state;
    },
    amend: (change) => {
      state = change(state);
    },
    save: async () => {},
    ensure: async () => {},
  };
}
