// SPDX-License-Identifier: MIT
import type { ObjectState } from "../../state/object-state.ts";
import type { ObjectStates, StateChange } from "../../state/object-states.ts";
import { CommandError } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";

/** Without any record for this long, the bucket is taken for silent. */
const silenceMs = 10_000;

/**
 * Tells of all records there are.
 *
 * @throws {CommandError} when NATS falls silent before the last one
 */
async function readAllStates(
  states: ObjectStates,
  { signal, onChange }: { readonly signal: AbortSignal; readonly onChange: (change: StateChange) => void },
): Promise<void> {
  using watching = watchStates(states, { signal, onChange });
  await watching.caughtUp;
}

/** The same, and of every change from then on, until it is disposed. */
export function watchStates(
  states: ObjectStates,
  { signal, onChange }: { readonly signal: AbortSignal; readonly onChange: (change: StateChange) => void },
): Disposable & { readonly caughtUp: Promise<void> } {
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = (): void =>
    reject(
      new CommandError(
        exitCodes.unreachable,
        `NATS sent nothing of the bucket v1-sync-state for ${silenceMs / 1000} s.`,
      ),
    );
  const silence = setTimeout(giveUp, silenceMs);
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  states.watch({
    signal: AbortSignal.any([signal, ended.signal]),
    onChange: (change) => {
      silence.refresh();
      onChange(change);
    },
    onCaughtUp: () => {
      clearTimeout(silence);
      resolve();
    },
  });
  promise.catch(() => undefined);
  return {
    caughtUp: promise,
    [Symbol.dispose]: () => {
      clearTimeout(silence);
      signal.removeEventListener("abort", onAbort);
      ended.abort();
    },
  };
}

/** One of the records that {@link collectStates} found; `problem` where it cannot be read. */
export type Found =
  | { readonly key: string; readonly state: ObjectState }
  | { readonly key: string; readonly problem: string };

/** All unfinished records that `isWanted` and all that cannot be read, by their keys. */
export async function collectStates(
  states: ObjectStates,
  signal: AbortSignal,
  isWanted: (state: ObjectState, key: string) => boolean,
): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  await readAllStates(states, {
    signal,
    onChange: (change) => {
      found.delete(change.key);
      if (change.isDone) return;
      const entry = read(change);
      if (entry !== undefined && ("problem" in entry || isWanted(entry.state, entry.key)))
        found.set(change.key, entry);
    },
  });
  return [...found.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function read(change: StateChange): Found | undefined {
  try {
    const state = change.state();
    return state === undefined ? undefined : { key: change.key, state };
  } catch (error) {
    return { key: change.key, problem: Error.isError(error) ? error.message : String(error) };
  }
}
