// SPDX-License-Identifier: MIT
import { dropped } from "../../state/transition.ts";
import type { CliContext } from "../cli/context.ts";
import type { JsonFlag } from "../commands/dlq.ts";
import { openStore } from "../store/open-store.ts";
import { type Change, changeDeadLetters, findNamed } from "./change-dead-letters.ts";
import { isDeadLetter } from "./dead-letters.ts";

export async function runDrop(
  keys: readonly string[],
  flags: JsonFlag,
  context: CliContext,
): Promise<number> {
  const signal = context.interrupted();
  await using store = await openStore(context);
  const chosen = await findNamed(keys, store);
  return await changeDeadLetters(chosen, { store, context, change: drop, verb: "dropped", flags, signal });
}

const drop: Change = (state, nowMs) => (isDeadLetter(state) ? dropped(state, nowMs) : undefined);
