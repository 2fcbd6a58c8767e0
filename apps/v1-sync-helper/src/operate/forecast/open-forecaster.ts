// SPDX-License-Identifier: MIT
import type { Logger } from "@repo/logging";
import type { Environment } from "@repo/service";
import { systemClock } from "../../clock.ts";
import type { ObjectKey } from "../../records/object-key.ts";
import type { LoadedSettings } from "../../settings/settings.ts";
import { createDeleteWindow } from "../../state/delete-window.ts";
import type { ObjectState } from "../../state/object-state.ts";
import type { Authorship } from "../../sync/ports.ts";
import { createSource, type StoredRevision } from "../../sync/source.ts";
import { rulesOf } from "../serve/compose-engine.ts";
import { openV2 } from "../serve/open-v2.ts";
import type { Store } from "../store/open-store.ts";
import { untilSigning } from "../until-signing.ts";
import { type Forecast, type ForecastPorts, forecast } from "./forecast.ts";

const signingPatienceMs = 3000;

/** Tells what would be done, for one object after the other or many at once. */
export interface Forecaster extends AsyncDisposable {
  readonly forecast: (
    key: ObjectKey,
    stored: StoredRevision,
    state: ObjectState | undefined,
  ) => Promise<Forecast>;
  readonly authors: Authorship;
}

export interface ForecasterOptions {
  readonly store: Pick<Store, "link" | "mappings" | "stateBucket">;
  readonly loaded: LoadedSettings;
  readonly env: Environment;
  readonly logger: Logger;
}

export async function openForecaster(options: ForecasterOptions): Promise<Forecaster> {
  const { store, loaded, env, logger } = options;
  const { link, mappings } = store;
  const { settings } = loaded;
  const v2 = openV2({ loaded, link, mappings, logger, env });
  // Without the key id reading says why by itself.
  await untilSigning(v2.identity, signingPatienceMs);
  const { maxPerHour } = settings.deletes;
  const deletes = createDeleteWindow(store.stateBucket, { maxPerHour, clock: systemClock });
  const ports: ForecastPorts = {
    clock: systemClock,
    random: Math.random,
    source: createSource(link),
    mappings,
    world: v2.world,
    services: v2.services,
    authors: v2.identity,
    types: v2.types,
  };
  const rules = rulesOf(settings);
  const deletesLeft = async (): Promise<number> => maxPerHour - (await deletes.used().catch(() => 0));
  return {
    forecast: (key, stored, state) => forecast({ key, stored, state, ports, rules, deletesLeft }),
    authors: v2.identity,
    [Symbol.asyncDispose]: () => v2[Symbol.asyncDispose](),
  };
}
