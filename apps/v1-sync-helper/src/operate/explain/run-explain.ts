// SPDX-License-Identifier: MIT
import { SettingsError } from "@repo/service";
import { loadSyncSettings } from "../../settings/settings.ts";
import { createSource } from "../../sync/source.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import { silentLogger } from "../cli/silent-logger.ts";
import type { ExplainFlags } from "../commands/explain.ts";
import { type Forecaster, openForecaster } from "../forecast/open-forecaster.ts";
import { findKeys } from "../store/find-keys.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { explainObject } from "./explain-object.ts";
import type { Told } from "./explanation.ts";
import { explanationText } from "./explanation-view.ts";

export async function runExplain(text: string, flags: ExplainFlags, context: CliContext): Promise<number> {
  await using store = await openStore(context);
  const keys = await findKeys(text, store);
  await using stack = new AsyncDisposableStack();
  const forecaster = await openIfPossible(store, context, stack);
  const source = createSource(store.link);
  let isKnown = false;
  for (const key of keys) {
    const explanation = await explainObject(key, { store, source, forecaster });
    isKnown ||= !isNothing(explanation.record) || !isNothing(explanation.state);
    await context.stdout.write(
      flags.json === true ? `${JSON.stringify(explanation)}\n` : explanationText(explanation, Date.now()),
    );
  }
  return isKnown ? exitCodes.done : exitCodes.notFound;
}

/** What can be told without the rest of the environment is told all the same. */
async function openIfPossible(
  store: Store,
  { env }: CliContext,
  stack: AsyncDisposableStack,
): Promise<Told<Forecaster>> {
  try {
    const loaded = loadSyncSettings(env);
    return { value: stack.use(await openForecaster({ store, loaded, env, logger: silentLogger() })) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { unknown: error.message };
  }
}

/** Nothing was found, which is not the same as that it could not be told. */
function isNothing(part: { readonly value: unknown } | { readonly unknown: string }): boolean {
  if (!("value" in part)) return false;
  const { value } = part;
  return (
    value === undefined ||
    (typeof value === "object" && value !== null && "content" in value && value.content === "missing")
  );
}
