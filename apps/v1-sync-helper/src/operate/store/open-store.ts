// SPDX-License-Identifier: MIT
import { hostname } from "node:os";
import { createMappings, type Mappings } from "../../mappings/mappings.ts";
import type { Bucket } from "../../nats/bucket.ts";
import { connectNats } from "../../nats/connect-nats.ts";
import { apiErrorCodes, askApi, JetStreamApiError } from "../../nats/jetstream-api.ts";
import { mappingsBucket, objectsBucket, stateBucket } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import { openBucket, streamOf } from "../../nats/open-bucket.ts";
import { loadNatsAddress } from "../../settings/settings.ts";
import { createObjectStates, type ObjectStates } from "../../state/object-states.ts";
import { type CliContext, CommandError } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import { programName } from "../cli/program-name.ts";

/** What is remembered, for the commands. */
export interface Store extends AsyncDisposable {
  readonly link: NatsLink;
  readonly objects: Bucket;
  /** `v1-sync-state`, as it is. */
  readonly stateBucket: Bucket;
  readonly states: ObjectStates;
  readonly mappings: Mappings;
}

/** A person waits: a server that does not answer by then is not there. */
const connectMs = 5000;

/**
 * Connects to NATS and makes sure that the buckets are there.
 *
 * @throws {SettingsError} @throws {CommandError} with a sentence when something is not there
 */
export async function openStore({ env, interrupted }: CliContext): Promise<Store> {
  const { url, shown } = loadNatsAddress(env);
  const link = await connectNats({ url, name: `${programName} command on ${hostname()}` });
  try {
    await connected(link, shown, interrupted());
    await Promise.all([objectsBucket, mappingsBucket, stateBucket].map((name) => checkBucket(link, name)));
  } catch (error) {
    await link.drain(0);
    throw error;
  }
  const state = openBucket(link, stateBucket);
  return {
    link,
    objects: openBucket(link, objectsBucket),
    stateBucket: state,
    states: createObjectStates(state),
    mappings: createMappings(openBucket(link, mappingsBucket)),
    [Symbol.asyncDispose]: () => link.drain(1000),
  };
}

async function connected(link: NatsLink, shown: string, interrupted: AbortSignal): Promise<void> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), connectMs);
  try {
    await link.connection(AbortSignal.any([interrupted, deadline.signal]));
  } catch (error) {
    interrupted.throwIfAborted();
    const { reason = `NATS at ${shown} did not answer in time.` } = link.status();
    throw new CommandError(exitCodes.unreachable, reason, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function checkBucket(link: NatsLink, name: string): Promise<void> {
  try {
    await askApi(link, `STREAM.INFO.${streamOf(name)}`);
  } catch (error) {
    const isMissing = error instanceof JetStreamApiError && error.errorCode === apiErrorCodes.streamNotFound;
    if (!isMissing) throw error;
    throw new CommandError(
      exitCodes.unreachable,
      `There is no bucket ${name} yet; "${programName}" creates it when it starts, unless CREATE_BUCKETS is false.`,
    );
  }
}
