// SPDX-License-Identifier: MIT
import { retryWaitMs } from "@repo/http-retry";
import type { Logger } from "@repo/logging";
import { systemClock } from "../../clock.ts";
import type { Conditions } from "../../health/conditions.ts";
import { checkBuckets, type Ensured, ensureBuckets, ensureConsumer } from "../../nats/ensure.ts";
import { apiErrorCodes, askApi, JetStreamApiError } from "../../nats/jetstream-api.ts";
import { advisoriesStream, consumerName } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import type { Settings } from "../../settings/settings.ts";
import type { EngineOptions } from "../../sync/engine.ts";
import { UnavailableError } from "../../unavailable-error.ts";

export interface PrepareOptions {
  readonly link: NatsLink;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly conditions: Conditions;
  readonly signal: AbortSignal;
}

/** Deliveries after which JetStream gives a message of v1-objects up. */
export const maxDeliveries = 3;

const backoff = { baseMs: 500, maxWaitMs: 10_000 };

/** Sees to it that the buckets are there, again and again until they are or `signal` aborts; says why they are not. */
export async function prepareNats({
  link,
  settings,
  logger,
  conditions,
  signal,
}: PrepareOptions): Promise<void> {
  let reason: string | undefined = "not looked for yet";
  conditions.watch("buckets", () => reason);
  const { buckets, userCache } = settings;
  for (let failures = 1; !signal.aborted; failures += 1) {
    const { problems, warnings } = await orProblem(() =>
      ensureBuckets(link, { ...buckets, userMaxAgeMs: userCache.ttlMs }),
    );
    const before: string | undefined = reason;
    reason = problems.join(" ") || undefined;
    if (reason === undefined) {
      for (const warning of warnings) logger.warn(warning);
      return;
    }
    if (reason !== before) logger.warn({ error: reason }, "cannot begin yet; it is tried again and again");
    await systemClock.wait(retryWaitMs(failures, backoff), signal).catch(() => undefined);
  }
}

const lookEveryMs = { well: 10_000, ill: 2000 };

/** Goes on looking at the buckets, so that readiness tells when one is deleted or full. Ends when `signal` aborts. */
export async function watchBuckets({
  link,
  settings,
  logger,
  conditions,
  signal,
}: PrepareOptions): Promise<void> {
  let reason: string | undefined;
  conditions.watch("buckets", () => reason);
  const { buckets, userCache } = settings;
  while (!signal.aborted) {
    const waitMs = reason === undefined ? lookEveryMs.well : lookEveryMs.ill;
    await systemClock.wait(waitMs, signal).catch(() => undefined);
    // Without a connection nothing is known of them, and readiness tells that anyway.
    if (signal.aborted || !link.status().connected) continue;
    const before: string | undefined = reason;
    const { problems } = await orProblem(async () => ({
      problems: await checkBuckets(link, { ...buckets, userMaxAgeMs: userCache.ttlMs }),
      warnings: [],
    }));
    reason = problems.join(" ") || undefined;
    if (reason !== undefined && reason !== before) logger.warn({ error: reason }, "cannot work as it should");
  }
}

async function orProblem(ensure: () => Promise<Ensured>): Promise<Ensured> {
  try {
    return await ensure();
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return { problems: [error.message], warnings: [] };
  }
}

/** The consumer of v1-objects, as the engine wants it. */
export function consumerOf(link: NatsLink, logger: Logger, maxInFlight: number): EngineOptions["objects"] {
  const warned = new Set<string>();
  return {
    consumer: consumerName,
    prepare: async () => {
      const ensured = await ensureConsumer(link, { maxInFlight });
      for (const warning of ensured.warnings) {
        // It is looked at again after each break.
        if (!warned.has(warning)) logger.warn(warning);
        warned.add(warning);
      }
      return ensured;
    },
  };
}

const advisoriesConsumer = "v1-sync-helper-advisories";
const nanosPerSecond = 1e9;

/** The consumer of the notices that a message was given up; shared like the other one. */
export function advisoriesOf(link: NatsLink): EngineOptions["advisories"] {
  return {
    stream: advisoriesStream,
    consumer: advisoriesConsumer,
    prepare: async () => {
      try {
        await askApi(link, `CONSUMER.DURABLE.CREATE.${advisoriesStream}.${advisoriesConsumer}`, {
          stream_name: advisoriesStream,
          config: {
            durable_name: advisoriesConsumer,
            description: "Notices of messages that v1-sync-helper-kv-consumer gave up",
            ack_policy: "explicit",
            deliver_policy: "all",
            ack_wait: 30 * nanosPerSecond,
          },
        });
        return { problems: [], warnings: [] };
      } catch (error) {
        if (!(error instanceof JetStreamApiError)) throw error;
        const isThere =
          error.errorCode === apiErrorCodes.consumerExists ||
          error.errorCode === apiErrorCodes.consumerExistsAlready;
        // Somebody set it up in another way: that is theirs to decide.
        if (isThere) return { problems: [], warnings: [] };
        return {
          problems: [`The consumer ${advisoriesConsumer} cannot be created: ${error.message}.`],
          warnings: [],
        };
      }
    },
  };
}
