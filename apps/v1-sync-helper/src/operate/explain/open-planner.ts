// SPDX-License-Identifier: MIT
import { createLogger } from "@repo/logging";
import { type Environment, SettingsError } from "@repo/service";
import manifest from "../../../package.json" with { type: "json" };
import { loadSyncSettings } from "../../settings/settings.ts";
import { programName } from "../cli/program-name.ts";
import { openV2 } from "../serve/open-v2.ts";
import type { Store } from "../store/open-store.ts";
import type { Planner } from "./explain-object.ts";
import type { Told } from "./explanation.ts";

/** What planning takes, where the environment has all of it; else why not. */
export async function openPlanner(
  { link, mappings }: Store,
  env: Environment,
): Promise<AsyncDisposable & { readonly planner: Told<Planner> }> {
  try {
    const loaded = loadSyncSettings(env);
    const logger = createLogger({
      name: programName,
      version: manifest.version,
      secrets: loaded.hidden,
      // What goes wrong is said in the answer.
      destination: { write: () => undefined },
    });
    const v2 = openV2({ loaded, link, mappings, logger, env });
    return {
      planner: { value: { world: v2.world, types: v2.types, authors: v2.identity } },
      [Symbol.asyncDispose]: () => v2[Symbol.asyncDispose](),
    };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { planner: { unknown: error.message }, [Symbol.asyncDispose]: async () => {} };
  }
}
