// SPDX-License-Identifier: MIT
import { hostname } from "node:os";
import type { Logger } from "@repo/logging";
import { systemClock } from "../../clock.ts";
import { Conditions } from "../../health/conditions.ts";
import { startHealth } from "../../health/start-health.ts";
import { createMappings } from "../../mappings/mappings.ts";
import { connectNats } from "../../nats/connect-nats.ts";
import { apiErrorCodes, askApi, JetStreamApiError } from "../../nats/jetstream-api.ts";
import { mappingsBucket, objectsBucket, stateBucket } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import { openBucket, streamOf } from "../../nats/open-bucket.ts";
import { createObjectStates } from "../../state/object-states.ts";
import { createSource } from "../../sync/source.ts";
import { UnavailableError } from "../../unavailable-error.ts";
import { programName } from "../cli/program-name.ts";
import { callSummaries, type Foretold, forecastAll } from "../forecast/forecast-all.ts";
import { openForecaster } from "../forecast/open-forecaster.ts";
import { outcomeWord } from "../forecast/outcome-words.ts";
import { type ScannedKey, scanObjects } from "../replay/scan-objects.ts";
import type { SyncOptions } from "./run-sync.ts";

/** Milliseconds between two looks for what v1 wrote meanwhile. */
const everyMs = 2000;
/** Clocks of this machine and the server may differ so much; milliseconds. */
const overlapMs = 60_000;

/**
 * Goes the way of each object that there is, and of each that changes, and logs what would be sent. The shared consumer
 * is not touched, no record and no mapping is written; only users that v1 is asked for are remembered.
 */
export async function runDryRun(options: SyncOptions): Promise<void> {
  const { loaded, env, logger, telemetry, signal, stack } = options;
  const conditions = new Conditions();
  const health = stack.use(
    await startHealth({
      address: loaded.settings.health,
      conditions,
      sinceLastTurnMs: () => undefined,
      prometheusText: () => telemetry.prometheusText(),
    }),
  );
  const link = await connectNats({
    url: loaded.secrets.natsUrl,
    name: `${programName} dry run on ${hostname()}`,
    logger,
  });
  stack.defer(() => link.drain(1000));
  conditions.watch("nats", () => link.status().reason);
  conditions.watch("consumer", () => undefined);
  const hasStates = await waitForBuckets(link, { conditions, logger, signal });
  if (signal.aborted) return;
  const mappings = createMappings(openBucket(link, mappingsBucket));
  const bucket = openBucket(link, stateBucket);
  const states = createObjectStates(bucket);
  const forecaster = stack.use(
    await openForecaster({ store: { link, mappings, stateBucket: bucket }, loaded, env, logger }),
  );
  conditions.watch("signing-key", () => undefined);
  health.markReady();
  logger.info({ dry_run: true }, "foretells what would be sent; nothing is changed");

  const source = createSource(link);
  const seen = new Map<string, number>();
  let sinceMs: number | undefined;
  while (!signal.aborted) {
    const beganMs = Date.now();
    const keys = await fresh(link, seen, { sinceMs, signal, logger });
    if (keys !== undefined) {
      const stateOf = async (key: string) => (hasStates ? (await states.read(key)).state : undefined);
      const width = loaded.settings.maxInFlight;
      await forecastAll(keys, { forecaster, source, stateOf, width, signal }, (foretold) =>
        logForetold(foretold, logger),
      ).catch((error: unknown) => sayUnlessAborted(error, signal, logger));
      sinceMs = beganMs - overlapMs;
    }
    await systemClock.wait(everyMs, signal).catch(() => undefined);
  }
}

/** Keys whose newest revision was not looked at yet; `undefined` while NATS does not answer. */
async function fresh(
  link: NatsLink,
  seen: Map<string, number>,
  { sinceMs, signal, logger }: { sinceMs: number | undefined; signal: AbortSignal; logger: Logger },
): Promise<readonly ScannedKey[] | undefined> {
  try {
    const found = await scanObjects(link, { type: undefined, sinceMs, signal });
    const keys = found.filter(({ key, revision }) => seen.get(key) !== revision);
    for (const { key, revision } of keys) seen.set(key, revision);
    return keys;
  } catch (error) {
    sayUnlessAborted(error, signal, logger);
    return undefined;
  }
}

function sayUnlessAborted(error: unknown, signal: AbortSignal, logger: Logger): void {
  if (!signal.aborted) logger.warn({ error }, "cannot look at present; it is tried again");
}

function logForetold(foretold: Foretold, logger: Logger): void {
  const { key, revision } = foretold;
  const fields = { dry_run: true, key: key.text, sfid: key.id, revision };
  if ("problem" in foretold)
    return logger.error({ ...fields, error: foretold.problem }, "cannot be foretold");
  const { outcome } = foretold.forecast;
  const word = outcomeWord(outcome);
  const reason =
    outcome.kind === "applied" ? {} : { reason: outcome.reason.code, detail: outcome.reason.message };
  const line = { ...fields, outcome: word, calls: callSummaries(foretold.forecast), ...reason };
  logger.info(line, `would be: ${word}`);
}

/** @returns whether there are records of objects; without them every object is as new */
async function waitForBuckets(
  link: NatsLink,
  { conditions, logger, signal }: { conditions: Conditions; logger: Logger; signal: AbortSignal },
): Promise<boolean> {
  let reason: string | undefined = "not looked for yet";
  conditions.watch("buckets", () => reason);
  while (!signal.aborted) {
    try {
      const [objects, mappings, states] = await Promise.all(
        [objectsBucket, mappingsBucket, stateBucket].map((name) => isThere(link, name)),
      );
      reason =
        objects === true && mappings === true
          ? undefined
          : `${objectsBucket} or ${mappingsBucket} is not there, and a dry run creates nothing`;
      if (reason === undefined) return states === true;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      reason = error.message;
    }
    logger.warn({ error: reason }, "cannot begin yet; it is tried again and again");
    await systemClock.wait(everyMs, signal).catch(() => undefined);
  }
  return false;
}

async function isThere(link: NatsLink, bucket: string): Promise<boolean> {
  try {
    await askApi(link, `STREAM.INFO.${streamOf(bucket)}`);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.errorCode === apiErrorCodes.streamNotFound) return false;
    throw error;
  }
}
