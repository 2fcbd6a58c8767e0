// SPDX-License-Identifier: MIT
import type { ObjectState } from "../../state/object-state.ts";
import { UnreadableStateError } from "../../state/object-states.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { JsonFlag } from "../commands/dlq.ts";
import { editState } from "../store/edit-state.ts";
import { findKeys } from "../store/find-keys.ts";
import type { Store } from "../store/open-store.ts";
import { harmless } from "../text/harmless.ts";
import { count } from "../text/times.ts";

/** The state afterwards; `undefined`: it is not dead or held, so that nothing may be done. */
export type Change = (state: ObjectState, nowMs: number) => ObjectState | undefined;

interface Options {
  readonly store: Store;
  readonly context: CliContext;
  readonly change: Change;
  /** As in "3 objects are …". */
  readonly verb: string;
  readonly flags: JsonFlag;
  readonly signal: AbortSignal;
}

/** Of an id alone, the kinds of it that are dead or held, or else all. */
export async function findNamed(texts: readonly string[], store: Store): Promise<readonly string[]> {
  const found = await Promise.all(texts.map((text) => findKeys(text, store)));
  return [...new Set(found.flat().map(({ text }) => text))];
}

/** Changes each, says so, and gives the exit code: 3 when one of them was not dead or held. */
export async function changeDeadLetters(keys: readonly string[], options: Options): Promise<number> {
  const { store, context, flags, signal, verb } = options;
  let changed = 0;
  for (const key of keys) {
    signal.throwIfAborted();
    const result = await changeOne(key, store, options.change);
    if (result === verbDone) changed += 1;
    await context.stdout.write(
      flags.json === true
        ? `${JSON.stringify({ key, changed: result === verbDone, ...(result !== verbDone && { problem: result }) })}\n`
        : `${harmless(key)}: ${result === verbDone ? verb : result}\n`,
    );
  }
  if (flags.json !== true && keys.length !== 1)
    await context.stdout.write(`${count(changed)} of ${count(keys.length)} ${verb}.\n`);
  return changed === keys.length ? exitCodes.done : exitCodes.notFound;
}

const verbDone = Symbol("done");

async function changeOne(key: string, store: Store, change: Change): Promise<typeof verbDone | string> {
  try {
    const { state, isWritten } = await editState(store.states, key, (now) =>
      now === undefined ? undefined : change(now, Date.now()),
    );
    if (isWritten) return verbDone;
    return state === undefined
      ? "nothing is remembered of it"
      : `it is ${state.status}, neither dead nor held`;
  } catch (error) {
    if (error instanceof UnreadableStateError) return error.message;
    throw error;
  }
}
