// SPDX-License-Identifier: MIT
import { systemClock } from "../../clock.ts";
import { loadHealthAddress } from "../../settings/settings.ts";
import { UnavailableError } from "../../unavailable-error.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { StatusFlags } from "../commands/status.ts";
import { watchStates } from "../store/collect-states.ts";
import { readConsumerInfo, readLastSequence } from "../store/consumer-info.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { type ConsumerSample, consumerRate } from "./consumer-rate.ts";
import { askInstance } from "./instance-health.ts";
import { createScreen } from "./screen.ts";
import { StateTally } from "./state-tally.ts";
import { type StatusReport, statusJson, statusText } from "./status-view.ts";

export async function runStatus(flags: StatusFlags, context: CliContext): Promise<number> {
  const signal = context.interrupted();
  const address = loadHealthAddress(context.env);
  await using store = await openStore(context);
  const tally = new StateTally();
  using watching = watchStates(store.states, { signal, onChange: (change) => tally.take(change) });
  let before = await sample(store, signal);
  await watching.caughtUp;
  const show = await createScreen(context, flags);
  do {
    await systemClock.wait(flags.interval, signal);
    const now = await sample(store, signal);
    const report: StatusReport = {
      consumer: now === undefined ? undefined : { ...now, ...consumerRate(before ?? now, now) },
      tally: tally.snapshot(),
      health: await askInstance(address),
    };
    await show(flags.json === true ? statusJson(report) : statusText(report, Date.now()));
    before = now;
  } while (flags.watch === true);
  return exitCodes.done;
}

/** A server that is away for a moment ends nobody's watching: the numbers stand still meanwhile. */
async function sample({ link }: Store, signal: AbortSignal): Promise<ConsumerSample | undefined> {
  try {
    const [info, lastSequence] = await Promise.all([readConsumerInfo(link), readLastSequence(link)]);
    return info === undefined ? undefined : { ...info, lastSequence, atMs: systemClock.monotonicMs() };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UnavailableError) return undefined;
    throw error;
  }
}
