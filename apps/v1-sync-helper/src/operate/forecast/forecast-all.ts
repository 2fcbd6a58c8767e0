// SPDX-License-Identifier: MIT
import { type ObjectKey, parseObjectKey } from "../../records/object-key.ts";
import type { ObjectState } from "../../state/object-state.ts";
import type { Source } from "../../sync/source.ts";
import { inParallel } from "../store/in-parallel.ts";
import type { Forecast } from "./forecast.ts";
import type { Forecaster } from "./open-forecaster.ts";

export interface ForecastAllOptions {
  readonly forecaster: Forecaster;
  readonly source: Source;
  readonly stateOf: (key: string) => Promise<ObjectState | undefined>;
  /** Objects at once. */
  readonly width: number;
  readonly signal: AbortSignal;
}

/** What was foretold of one object, or why nothing could be. */
export type Foretold = { readonly key: ObjectKey; readonly revision: number } & (
  | { readonly forecast: Forecast }
  | { readonly problem: string }
);

/** Foretells the newest revision of each key that is an object's and still there. */
export async function forecastAll(
  keys: readonly { readonly key: string }[],
  options: ForecastAllOptions,
  onForetold: (foretold: Foretold) => Promise<void> | void,
): Promise<void> {
  const { forecaster, source, stateOf, width, signal } = options;
  await inParallel(keys, { width, signal }, async ({ key: text }) => {
    const key = parseObjectKey(text);
    const stored = key === undefined ? undefined : await source.newest(text);
    if (key === undefined || stored === undefined) return;
    const { revision } = stored;
    try {
      const forecast = await forecaster.forecast(key, stored, await stateOf(text));
      await onForetold({ key, revision, forecast });
    } catch (error) {
      signal.throwIfAborted();
      const problem = Error.isError(error) ? error.message : String(error);
      await onForetold({ key, revision, problem });
    }
  });
}

/** Calls with the names of the fields that they change; values may be personal data. */
export function callSummaries({ calls }: Forecast): readonly string[] {
  return calls.map(({ call: { method, path, changes } }) => {
    const fields = changes.map(({ field }) => field).join(", ");
    return `${method} ${path}${fields === "" ? "" : ` (${fields})`}`;
  });
}
