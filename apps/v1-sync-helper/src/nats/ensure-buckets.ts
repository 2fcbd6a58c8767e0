// SPDX-License-Identifier: MIT
import { type BucketSettings, type StreamPlan, streamPlans } from "./bucket-plans.ts";
import { checkStream, type FoundConfig, foundConfig } from "./check-stream.ts";
import type { Ensured } from "./ensured.ts";
import { apiErrorCodes, askApi, JetStreamApiError } from "./jetstream-api.ts";
import type { NatsLink } from "./nats-link.ts";
import { payloadWarnings, tooOldServer } from "./server-facts.ts";

/**
 * Sees to it that the buckets and the stream of advisories are there, and makes what is missing. What is there is taken
 * as it is. Asking again is cheap: one request each.
 *
 * @throws {UnavailableError} when NATS does not answer
 */
export async function ensureBuckets(link: NatsLink, settings: BucketSettings): Promise<Ensured> {
  const disabled = await jetStreamDisabled(link);
  if (disabled !== undefined) return problem(disabled);
  const { info } = await link.connection();
  const tooOld = tooOldServer(info?.version);
  if (tooOld !== undefined) return problem(tooOld);
  const results: Ensured[] = [];
  for (const plan of streamPlans(settings)) results.push(await ensureStream(link, plan, settings.canCreate));
  return {
    problems: results.flatMap(({ problems }) => problems),
    warnings: [...payloadWarnings(info?.max_payload), ...results.flatMap(({ warnings }) => warnings)],
  };
}

/** Room for one more record, with what the server stores beside it. */
const leastFreeBytes = 8192;

/**
 * Looks whether the buckets are still there and have room, while the program works; makes nothing. Who deletes a bucket
 * under a running program may be putting a backup in its place, which an empty one would be in the way of.
 *
 * @returns sentences that say what is wrong
 * @throws {UnavailableError} when NATS does not answer
 */
export async function checkBuckets(link: NatsLink, settings: BucketSettings): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const plan of streamPlans(settings)) {
    try {
      problems.push(...problemsOf(plan, await readStream(link, plan.config.name)));
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
      problems.push(`JetStream refuses the ${plan.title}: ${error.message}.`);
    }
  }
  return problems;
}

function problemsOf(plan: StreamPlan, found: FoundConfig | undefined): readonly string[] {
  const { title, mustKeep, isPurged } = plan;
  if (found === undefined)
    return [`The ${title} is gone; put it back, or restart this service to have it made anew.`];
  const isWritten = mustKeep && isPurged;
  const isFull = found.max_bytes > 0 && found.max_bytes - found.storedBytes < leastFreeBytes;
  const full =
    isWritten && isFull ? [`The ${title} is full: raise its max_bytes of ${found.max_bytes}.`] : [];
  return [...checkStream(plan, found).problems, ...full];
}

/** Also waits for a connection, and no longer than a request may take. */
async function jetStreamDisabled(link: NatsLink): Promise<string | undefined> {
  const codes: readonly number[] = [apiErrorCodes.notEnabled, apiErrorCodes.notEnabledForAccount];
  try {
    await askApi(link, "INFO");
    return undefined;
  } catch (error) {
    // Other refusals come again for each stream.
    if (!(error instanceof JetStreamApiError)) throw error;
    const isDisabled = codes.includes(error.errorCode);
    return isDisabled ? "JetStream is not enabled for this account of NATS; enable it." : undefined;
  }
}

async function ensureStream(link: NatsLink, plan: StreamPlan, canCreate: boolean): Promise<Ensured> {
  try {
    const found = await readStream(link, plan.config.name);
    if (found !== undefined) return checkStream(plan, found);
    if (!canCreate) {
      return problem(`The ${plan.title} is missing, and CREATE_BUCKETS forbids to create it; create it.`);
    }
    return await createStream(link, plan);
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    return problem(`JetStream refuses the ${plan.title}: ${error.message}.`);
  }
}

async function readStream(link: NatsLink, name: string): Promise<FoundConfig | undefined> {
  try {
    return foundConfig(await askApi(link, `STREAM.INFO.${name}`));
  } catch (error) {
    if (error instanceof JetStreamApiError && error.errorCode === apiErrorCodes.streamNotFound)
      return undefined;
    throw error;
  }
}

async function createStream(link: NatsLink, plan: StreamPlan): Promise<Ensured> {
  const { config, isBucket } = plan;
  try {
    await askApi(link, `STREAM.CREATE.${config.name}`, {
      ...config,
      retention: "limits",
      max_consumers: -1,
      max_msgs: -1,
      num_replicas: 1,
      allow_direct: true,
      ...(isBucket ? { allow_rollup_hdrs: true, deny_delete: true } : {}),
    });
    return { problems: [], warnings: [] };
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    if (error.errorCode === apiErrorCodes.streamNameInUse) {
      // Another instance, with other settings, was quicker.
      const found = await readStream(link, config.name);
      if (found !== undefined) return checkStream(plan, found);
    }
    return problem(
      `The ${plan.title} is missing and cannot be created: ${error.message}. ` +
        `It would reserve ${config.max_bytes} bytes; give JetStream more room, or set a smaller size.`,
    );
  }
}

function problem(sentence: string): Ensured {
  return { problems: [sentence], warnings: [] };
}
