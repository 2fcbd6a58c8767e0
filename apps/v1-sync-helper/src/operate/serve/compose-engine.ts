// SPDX-License-Identifier: MIT
import type { Logger } from "@repo/logging";
import { systemClock } from "../../clock.ts";
import type { Mappings } from "../../mappings/mappings.ts";
import type { Bucket } from "../../nats/bucket.ts";
import { consumerName } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import type { Settings } from "../../settings/settings.ts";
import { createDeleteWindow } from "../../state/delete-window.ts";
import type { ObjectStates } from "../../state/object-states.ts";
import { createSlugLocks } from "../../state/slug-locks.ts";
import { createEngine, type Engine } from "../../sync/engine.ts";
import type { Ports, Rules } from "../../sync/ports.ts";
import { createSource } from "../../sync/source.ts";
import { createSweep, type Sweep } from "../../sync/sweep.ts";
import { recordUndelivered } from "../../sync/undelivered.ts";
import type { SyncMetrics } from "../../telemetry/instruments.ts";
import { createSyncEvents } from "../../telemetry/sync-events.ts";
import type { V2 } from "./open-v2.ts";
import { advisoriesOf, consumerOf, maxDeliveries } from "./prepare-nats.ts";

export interface EngineParts {
  readonly settings: Settings;
  readonly link: NatsLink;
  /** `v1-sync-state`. */
  readonly stateBucket: Bucket;
  readonly states: ObjectStates;
  readonly mappings: Mappings;
  readonly v2: V2;
  readonly logger: Logger;
  readonly metrics: SyncMetrics;
}

/** Milliseconds: what runs when the process is asked to end has so long, within the 25 s of everything. */
const drainMs = 20_000;

export function composeEngine(parts: EngineParts): Engine {
  const { settings, link, states } = parts;
  const sweep = settings.sweepIntervalMs === 0 ? undefined : composeSweep(parts);
  return createEngine({
    link,
    states,
    ports: composePorts(parts),
    rules: rulesOf(settings),
    objects: consumerOf(link, parts.logger, settings.maxInFlight),
    advisories: advisoriesOf(link),
    ...(sweep !== undefined && { sweep }),
    claimMs: settings.claimMs,
    maxInFlight: settings.maxInFlight,
    maxDeliveries,
    drainMs,
  });
}

function composePorts({
  settings,
  link,
  stateBucket,
  states,
  mappings,
  v2,
  logger,
  metrics,
}: EngineParts): Ports {
  return {
    clock: systemClock,
    random: Math.random,
    source: createSource(link),
    mappings,
    world: v2.world,
    services: v2.services,
    authors: v2.identity,
    types: v2.types,
    slugLocks: createSlugLocks(stateBucket, states),
    deleteWindow: createDeleteWindow(stateBucket, {
      maxPerHour: settings.deletes.maxPerHour,
      clock: systemClock,
    }),
    events: createSyncEvents(logger, metrics),
  };
}

/** What the engine goes by. */
export function rulesOf({ createSettleMs, deletes, auth0 }: Settings): Rules {
  return { createSettleMs, deletePolicy: deletes.policy, ownEditor: `${auth0.clientId}@clients` };
}

function composeSweep({ settings, link, stateBucket, states, logger }: EngineParts): Sweep {
  return createSweep({
    link,
    clock: systemClock,
    random: Math.random,
    bucket: stateBucket,
    intervalMs: settings.sweepIntervalMs,
    consumer: consumerName,
    record: (key, revision, message) =>
      recordUndelivered({ states, clock: systemClock }, key, revision, message),
    onFound: (key, revision) =>
      logger.warn({ key, revision }, "a revision was never finished; it is taken up now"),
    onDefect: (error, context) => logger.error({ error, ...context }, "a sweep could not do its work"),
  });
}
