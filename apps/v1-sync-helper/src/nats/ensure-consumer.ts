// SPDX-License-Identifier: MIT
import { nanos } from "@nats-io/transport-node";
import { z } from "zod";
import type { Ensured } from "./ensured.ts";
import { apiErrorCodes, askApi, JetStreamApiError } from "./jetstream-api.ts";
import { consumerName, objectsBucket, objectsPrefix, objectsStream } from "./names.ts";
import type { NatsLink } from "./nats-link.ts";

export interface ConsumerSettings {
  /** How many updates an instance works on at a time, for a warning. */
  readonly maxInFlight: number;
}

const filter = `${objectsPrefix}>`;
const ackWaitMs = 30_000;
/** Below it, an update that is being worked on is handed to another instance between two signs of life. */
const shortestAckWaitMs = 20_000;

const wanted = {
  durable_name: consumerName,
  description: "Durable, shared watcher of v1-objects for all instances of v1-sync-helper",
  filter_subject: filter,
  ack_policy: "explicit",
  deliver_policy: "last_per_subject",
  max_deliver: 3,
  ack_wait: nanos(ackWaitMs),
  max_ack_pending: 1_000,
} as const;

/** What matters of a consumer that is there. */
const config = z.object({
  filter_subject: z.string().default(""),
  filter_subjects: z.array(z.string()).default([]),
  ack_policy: z.string().default("none"),
  deliver_policy: z.string().default("all"),
  deliver_subject: z.string().default(""),
  max_deliver: z.number().default(-1),
  ack_wait: z.number().default(nanos(ackWaitMs)),
  max_ack_pending: z.number().default(1_000),
  headers_only: z.boolean().default(false),
  inactive_threshold: z.number().default(0),
});

type FoundConsumer = z.infer<typeof config>;

/**
 * Sees to it that the durable, shared consumer of `v1-objects` is there. One that is there is taken as it is where
 * that does no harm; JetStream lets nobody change, for instance, its deliver policy.
 *
 * @throws {UnavailableError} when NATS does not answer
 */
export async function ensureConsumer(link: NatsLink, settings: ConsumerSettings): Promise<Ensured> {
  try {
    const found = (await readConsumer(link)) ?? (await createConsumer(link));
    return found === undefined ? { problems: [], warnings: [] } : checkConsumer(found, settings);
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    const isMissing = error.errorCode === apiErrorCodes.streamNotFound;
    const why = isMissing ? `the bucket ${objectsBucket} is missing` : error.message;
    return { problems: [`The consumer ${consumerName} cannot be created: ${why}.`], warnings: [] };
  }
}

async function readConsumer(link: NatsLink): Promise<FoundConsumer | undefined> {
  try {
    const answer = await askApi(link, `CONSUMER.INFO.${objectsStream}.${consumerName}`);
    return config.parse(answer["config"] ?? {});
  } catch (error) {
    if (error instanceof JetStreamApiError && error.errorCode === apiErrorCodes.consumerNotFound)
      return undefined;
    throw error;
  }
}

/** @returns the one that somebody else made in the meantime, in another way */
async function createConsumer(link: NatsLink): Promise<FoundConsumer | undefined> {
  try {
    await askApi(link, `CONSUMER.CREATE.${objectsStream}.${consumerName}.${filter}`, {
      stream_name: objectsStream,
      config: { ...wanted, name: consumerName },
      action: "create",
    });
    return undefined;
  } catch (error) {
    const exists: readonly number[] = [apiErrorCodes.consumerExists, apiErrorCodes.consumerExistsAlready];
    if (!(error instanceof JetStreamApiError && exists.includes(error.errorCode))) throw error;
    return await readConsumer(link);
  }
}

function checkConsumer(found: FoundConsumer, { maxInFlight }: ConsumerSettings): Ensured {
  const title = `The consumer ${consumerName}`;
  return {
    problems: problemsOf(found).map(
      (text) => `${title} cannot be used: ${text}; delete it, and it is made anew.`,
    ),
    warnings: warningsOf(found, maxInFlight).map((text) => `${title} ${text}.`),
  };
}

function problemsOf(found: FoundConsumer): readonly string[] {
  const filters = found.filter_subject === "" ? found.filter_subjects : [found.filter_subject];
  const problems: string[] = [];
  if (filters.length > 0 && !filters.includes(filter)) {
    problems.push(`its filter is ${filters.join(", ")} in place of ${filter}`);
  }
  if (found.ack_policy !== "explicit")
    problems.push(`its ack policy is ${found.ack_policy} in place of explicit`);
  if (found.deliver_subject !== "") problems.push("it is a push consumer");
  if (found.headers_only) problems.push("it delivers headers only");
  return problems;
}

function warningsOf(found: FoundConsumer, maxInFlight: number): readonly string[] {
  const { deliver_policy: deliver, max_deliver: maxDeliver } = found;
  const warnings: string[] = [];
  if (deliver === "all") {
    warnings.push("delivers every revision (deliver policy all); old ones are passed over");
  } else if (deliver !== wanted.deliver_policy) {
    warnings.push(`may never have offered older records (deliver policy ${deliver}); the sweep finds them`);
  }
  if (maxDeliver !== wanted.max_deliver) {
    warnings.push(`delivers an update ${maxDeliver} times at most in place of ${wanted.max_deliver}`);
  }
  if (found.ack_wait < nanos(shortestAckWaitMs)) {
    warnings.push(`delivers an update again after ${found.ack_wait / 1e9} s, while it is still worked on`);
  }
  if (found.max_ack_pending > 0 && found.max_ack_pending < maxInFlight) {
    warnings.push(`gives out ${found.max_ack_pending} updates at a time, fewer than MAX_IN_FLIGHT`);
  }
  if (found.inactive_threshold > 0)
    warnings.push("is removed when nobody uses it for a while (inactive_threshold)");
  return warnings;
}
