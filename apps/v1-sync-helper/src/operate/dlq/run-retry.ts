// SPDX-License-Identifier: MIT
import type { ObjectState } from "../../state/object-state.ts";
import { requested } from "../../state/transition.ts";
import { type CliContext, UsageError } from "../cli/context.ts";
import type { RetryFlags } from "../commands/dlq.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { type Change, changeDeadLetters, findNamed } from "./change-dead-letters.ts";
import { findDeadLetters, isDeadLetter } from "./dead-letters.ts";

export async function runRetry(
  keys: readonly string[],
  flags: RetryFlags,
  context: CliContext,
): Promise<number> {
  if (keys.length > 0 && flags.all === true) throw new UsageError("give either keys or --all");
  if (keys.length === 0 && flags.all !== true)
    throw new UsageError("give the keys to be tried again, or --all");
  if (keys.length > 0 && (flags.reason !== undefined || flags.type !== undefined))
    throw new UsageError("--reason and --type choose among all of them: they go with --all");
  const signal = context.interrupted();
  await using store = await openStore(context);
  const chosen = flags.all === true ? await readable(store, flags, signal) : await findNamed(keys, store);
  return await changeDeadLetters(chosen, {
    store,
    context,
    change: retry,
    verb: "tried again",
    flags,
    signal,
  });
}

async function readable(store: Store, flags: RetryFlags, signal: AbortSignal): Promise<readonly string[]> {
  const found = await findDeadLetters(store, flags, signal);
  return found.filter((entry) => !("problem" in entry)).map(({ key }) => key);
}

const retry: Change = (state: ObjectState, nowMs) =>
  isDeadLetter(state)
    ? requested(state, {
        nowMs,
        reason: { code: "requested", message: "An operator asked for it with dlq retry." },
        // Without it the guard would hold the delete again.
        ...(state.status === "held" && { override: "delete" as const }),
      })
    : undefined;
