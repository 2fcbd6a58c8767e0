// SPDX-License-Identifier: MIT
import { type CliContext, CommandError } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { JsonFlag } from "../commands/dlq.ts";
import { stateWords } from "../explain/state-words.ts";
import { findKeys } from "../store/find-keys.ts";
import { openStore } from "../store/open-store.ts";
import { harmless } from "../text/harmless.ts";

export async function runShow(text: string, flags: JsonFlag, context: CliContext): Promise<number> {
  await using store = await openStore(context);
  let shown = 0;
  for (const { text: key } of await findKeys(text, store)) {
    const { state } = await store.states.read(key);
    if (state === undefined) continue;
    shown += 1;
    await context.stdout.write(
      flags.json === true
        ? `${JSON.stringify({ key, ...state })}\n`
        : `${harmless(key)}: ${state.status}\n${stateWords(state, Date.now())
            .map((line) => `  ${harmless(line)}\n`)
            .join("")}`,
    );
  }
  if (shown > 0) return exitCodes.done;
  throw new CommandError(
    exitCodes.notFound,
    `Nothing is remembered of ${text}: no instance has met it yet. "explain" says what v1 holds.`,
  );
}
