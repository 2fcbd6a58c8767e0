// SPDX-License-Identifier: MIT
import { hostname } from "node:os";
import type { HealthServer } from "@repo/health";
import type { Logger } from "@repo/logging";
import type { Environment } from "@repo/service";
import type { Telemetry } from "@repo/telemetry";
import { systemClock } from "../../clock.ts";
import { Conditions } from "../../health/conditions.ts";
import { startHealth } from "../../health/start-health.ts";
import { createMappings } from "../../mappings/mappings.ts";
import { connectNats } from "../../nats/connect-nats.ts";
import { mappingsBucket, stateBucket } from "../../nats/names.ts";
import { openBucket } from "../../nats/open-bucket.ts";
import type { LoadedSettings } from "../../settings/settings.ts";
import { createObjectStates } from "../../state/object-states.ts";
import type { Engine } from "../../sync/engine.ts";
import type { instruments } from "../../telemetry/instruments.ts";
import { createServiceObservers } from "../../telemetry/service-observers.ts";
import { programName } from "../cli/program-name.ts";
import { composeEngine } from "./compose-engine.ts";
import { observeParts } from "./observe-parts.ts";
import { openV2 } from "./open-v2.ts";
import { prepareNats, watchBuckets } from "./prepare-nats.ts";

export interface SyncOptions {
  readonly loaded: LoadedSettings;
  readonly env: Environment;
  readonly logger: Logger;
  readonly telemetry: Telemetry<typeof instruments>;
  readonly signal: AbortSignal;
  /** Unwound in reverse when this has ended. */
  readonly stack: AsyncDisposableStack;
}

/** Milliseconds that the connection may take to hand over the last acknowledgements. */
const linkDrainMs = 2000;

/**
 * Puts the parts together and works until `signal` aborts. Health answers first, and from then on; NATS, buckets and the
 * services may come at any time.
 */
export async function runSync(options: SyncOptions): Promise<void> {
  const { loaded, env, logger, telemetry, signal, stack } = options;
  const { settings, secrets } = loaded;
  const { metrics } = telemetry;
  const conditions = new Conditions();
  let engine: Engine | undefined;
  const health = stack.use(
    await startHealth({
      address: settings.health,
      conditions,
      sinceLastTurnMs: () => sinceLastTurnMs(engine),
      prometheusText: () => telemetry.prometheusText(),
    }),
  );
  drainAtOnce(health, signal);
  logger.info({ port: health.port, nats: settings.natsServers }, "started");

  const link = await connectNats({ url: secrets.natsUrl, name: `${programName} on ${hostname()}`, logger });
  stack.defer(() => link.drain(linkDrainMs));
  conditions.watch("nats", () => link.status().reason);
  const state = openBucket(link, stateBucket, { logger });
  const states = createObjectStates(state);
  const mappings = createMappings(openBucket(link, mappingsBucket, { logger }), { logger });
  const observers = createServiceObservers(logger, metrics, settings.isHttpDebug);
  const v2 = stack.use(openV2({ loaded, link, mappings, logger, env, observers }));
  conditions.watch("signing-key", () => v2.identity.signingStatus().reason);

  await prepareNats({ link, settings, logger, conditions, signal });
  if (signal.aborted) return;
  const running = composeEngine({
    settings,
    link,
    stateBucket: state,
    states,
    mappings,
    v2,
    logger,
    metrics,
  });
  engine = running;
  const status = () => running.status();
  const { owner } = running;
  conditions.watch("consumer", () => status().problems.join("; ") || undefined);
  stack.use(observeParts({ metrics, link, services: v2.services, status }));
  health.markReady();
  logger.info({ instance: owner }, "begins to work");
  await Promise.all([running.run(signal), watchBuckets({ link, settings, logger, conditions, signal })]);
  engine = undefined;
  logger.info({ instance: owner }, "has ended in order");
}

/** Who asks for readiness from the signal on is sent elsewhere; metrics and liveness go on. */
function drainAtOnce(health: HealthServer, signal: AbortSignal): void {
  const drain = (): void => health.markDraining();
  if (signal.aborted) drain();
  else signal.addEventListener("abort", drain, { once: true });
}

function sinceLastTurnMs(engine: Engine | undefined): number | undefined {
  return engine === undefined ? undefined : systemClock.monotonicMs() - engine.status().beatMs;
}
