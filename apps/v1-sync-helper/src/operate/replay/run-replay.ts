// SPDX-License-Identifier: MIT
import { UnreadableStateError } from "../../state/object-states.ts";
import { requested, undelivered } from "../../state/transition.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { ReplayFlags } from "../commands/replay.ts";
import { editState } from "../store/edit-state.ts";
import { inParallel } from "../store/in-parallel.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { count } from "../text/times.ts";
import { countKinds, kindsText } from "./count-kinds.ts";
import { foretell } from "./foretell.ts";
import { createProgress } from "./progress.ts";
import { type ScannedKey, scanObjects } from "./scan-objects.ts";

/** Records written at once: NATS stays free for the instances that work. */
const width = 32;

const reason = { code: "requested", message: "An operator asked for it with replay." } as const;

export async function runReplay(flags: ReplayFlags, context: CliContext): Promise<number> {
  const signal = context.interrupted();
  await using store = await openStore(context);
  const progress = createProgress(context);
  const keys = await scanObjects(store.link, {
    type: flags.type,
    sinceMs: flags.since,
    signal,
    onProgress: ({ read, total }) => progress.show(`reading keys: ${count(read)} of ${count(total)}`),
  });
  if (flags.dryRun === true) {
    progress.clear();
    return await foretell(keys, { store, flags, context, signal });
  }
  const tally = { marked: 0, busy: 0, failed: 0 };
  await inParallel(keys, { width, signal }, async (key) => {
    tally[await mark(key, store)] += 1;
    const done = tally.marked + tally.busy + tally.failed;
    if (done % 500 === 0) progress.show(`marking: ${count(done)} of ${count(keys.length)}`);
  });
  progress.clear();
  await context.stdout.write(report(keys, tally, flags));
  return tally.failed === 0 ? exitCodes.done : exitCodes.failed;
}

type Marked = "marked" | "busy" | "failed";

/** What an instance has in hand is compared with v2 anyhow; so is a revision that is newer than what was ever seen. */
async function mark({ key, revision }: ScannedKey, store: Store): Promise<Marked> {
  const nowMs = Date.now();
  try {
    const { isWritten } = await editState(store.states, key, (state) => {
      if (state?.status === "claimed") return undefined;
      if (state === undefined || state.revision < revision)
        return undelivered(state, revision, { nowMs, reason });
      return requested(state, { nowMs, reason });
    });
    return isWritten ? "marked" : "busy";
  } catch (error) {
    if (error instanceof UnreadableStateError) return "failed";
    throw error;
  }
}

function report(
  keys: readonly ScannedKey[],
  { marked, busy, failed }: Readonly<Record<Marked, number>>,
  { json }: ReplayFlags,
): string {
  if (json === true)
    return `${JSON.stringify({ objects: countKinds(keys), marked, busy, unreadable: failed })}\n`;
  const rest = [
    busy > 0 ? `; ${count(busy)} are being worked on at the moment and were left alone` : "",
    failed > 0 ? `; ${count(failed)} have a record that cannot be read, see dlq list` : "",
  ].join("");
  return `${kindsText(keys)}: ${count(marked)} are marked and will be compared with v2 by the running instances${rest}.\n`;
}
