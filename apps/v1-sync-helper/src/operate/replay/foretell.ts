// SPDX-License-Identifier: MIT
import { loadSyncSettings } from "../../settings/settings.ts";
import { createSource } from "../../sync/source.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import { silentLogger } from "../cli/silent-logger.ts";
import type { ReplayFlags } from "../commands/replay.ts";
import { callSummaries, type Foretold, forecastAll } from "../forecast/forecast-all.ts";
import { openForecaster } from "../forecast/open-forecaster.ts";
import { outcomeWord } from "../forecast/outcome-words.ts";
import type { Store } from "../store/open-store.ts";
import { harmless } from "../text/harmless.ts";
import { count } from "../text/times.ts";
import { countKinds, kindsText } from "./count-kinds.ts";
import type { ScannedKey } from "./scan-objects.ts";

/** Objects at once: the services have the running instances to serve. */
const width = 8;

interface Options {
  readonly store: Store;
  readonly flags: ReplayFlags;
  readonly context: CliContext;
  readonly signal: AbortSignal;
}

/**
 * Says of each object that v2 does not say the same of what would become of it; a whole comparison of v1 and v2.
 *
 * @returns the exit code
 * @throws {SettingsError} it needs the whole environment
 */
export async function foretell(
  keys: readonly ScannedKey[],
  { store, flags, context, signal }: Options,
): Promise<number> {
  const { env, stdout } = context;
  const loaded = loadSyncSettings(env);
  await using forecaster = await openForecaster({ store, loaded, env, logger: silentLogger() });
  const source = createSource(store.link);
  const stateOf = async (key: string) => (await store.states.read(key)).state;
  const words = new Map<string, number>();
  await forecastAll(keys, { forecaster, source, stateOf, width, signal }, async (foretold) => {
    const word = wordOf(foretold);
    words.set(word, (words.get(word) ?? 0) + 1);
    if (word !== "unchanged") await stdout.write(flags.json === true ? jsonLine(foretold) : line(foretold));
  });
  const counts = [...words].toSorted(([, a], [, b]) => b - a);
  const summary = counts.map(([word, n]) => `${word} ${count(n)}`).join(", ");
  await stdout.write(
    flags.json === true
      ? `${JSON.stringify({ objects: countKinds(keys), dry_run: true, outcomes: Object.fromEntries(counts) })}\n`
      : `${kindsText(keys)} would be compared with v2 once more${summary === "" ? "" : `: ${summary}`}.\n`,
  );
  return words.has("unknown") ? exitCodes.failed : exitCodes.done;
}

function wordOf(foretold: Foretold): string {
  return "problem" in foretold ? "unknown" : outcomeWord(foretold.forecast.outcome);
}

function line(foretold: Foretold): string {
  const said = "problem" in foretold ? foretold.problem : saidOf(foretold);
  return `${harmless(foretold.key.text)}: ${wordOf(foretold)}${said === "" ? "" : `: ${harmless(said)}`}\n`;
}

function saidOf({ forecast }: Extract<Foretold, { readonly forecast: object }>): string {
  const { outcome } = forecast;
  if (outcome.kind === "applied") return callSummaries(forecast).join(", then ");
  return `${outcome.reason.code}: ${outcome.reason.message}`;
}

function jsonLine(foretold: Foretold): string {
  const { key, revision } = foretold;
  const base = { key: key.text, revision, outcome: wordOf(foretold) };
  if ("problem" in foretold) return `${JSON.stringify({ ...base, problem: foretold.problem })}\n`;
  const { outcome } = foretold.forecast;
  const reason = outcome.kind === "applied" ? {} : { reason: outcome.reason };
  return `${JSON.stringify({ ...base, calls: callSummaries(foretold.forecast), ...reason })}\n`;
}
