// SPDX-License-Identifier: MIT
import { createSource } from "../../sync/source.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { ExplainFlags } from "../commands/explain.ts";
import { findKeys } from "../store/find-keys.ts";
import { openStore } from "../store/open-store.ts";
import { explainObject } from "./explain-object.ts";
import { explanationText } from "./explanation-view.ts";
import { openPlanner } from "./open-planner.ts";

export async function runExplain(text: string, flags: ExplainFlags, context: CliContext): Promise<number> {
  await using store = await openStore(context);
  const keys = await findKeys(text, store);
  await using planner = await openPlanner(store, context.env);
  const source = createSource(store.link);
  let isKnown = false;
  for (const key of keys) {
    const explanation = await explainObject(key, { store, source, planner: planner.planner });
    isKnown ||= !isNothing(explanation.record) || !isNothing(explanation.state);
    await context.stdout.write(
      flags.json === true ? `${JSON.stringify(explanation)}\n` : explanationText(explanation, Date.now()),
    );
  }
  return isKnown ? exitCodes.done : exitCodes.notFound;
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
