// SPDX-License-Identifier: MIT
import { apiErrorCodes, askApi, isObject, JetStreamApiError } from "../../nats/jetstream-api.ts";
import { objectsPrefix, objectsStream } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import { parseObjectKey } from "../../records/object-key.ts";
import { UnavailableError } from "../../unavailable-error.ts";
import type { Delivery } from "./delivery.ts";

export interface AdvisoriesOptions {
  readonly link: NatsLink;
  /** Puts the revision on record, if nothing newer is. */
  readonly record: (key: string, revision: number, message: string) => Promise<boolean>;
  readonly onDefect: (error: unknown, context: { readonly doing: string }) => void;
}

/**
 * Handles a `MAX_DELIVERIES` advisory: JetStream does not offer that message again, so it goes on from its record. What
 * could not be put on record is left for the next delivery of the advisory. Never throws.
 */
export function createAdvisoryHandler(options: AdvisoriesOptions): (advisory: Delivery) => Promise<void> {
  const { link, record, onDefect } = options;

  async function handle(advisory: Delivery): Promise<void> {
    const sequence = sequenceOf(advisory.data);
    const key = sequence === undefined ? undefined : await keyAt(link, sequence);
    if (sequence !== undefined && key !== undefined && parseObjectKey(key) !== undefined) {
      await record(key, sequence, "The message was delivered several times and no instance finished it.");
    }
    advisory.ack();
  }

  return async (advisory) => {
    try {
      await handle(advisory);
    } catch (error) {
      if (!(error instanceof UnavailableError)) onDefect(error, { doing: "an advisory" });
    }
  };
}

/** Reads `{"type":"io.nats.jetstream.advisory.v1.max_deliver","stream_seq":7,…}`. */
function sequenceOf(data: Uint8Array): number | undefined {
  try {
    const advisory: unknown = JSON.parse(Buffer.from(data).toString());
    const sequence = isObject(advisory) ? advisory["stream_seq"] : undefined;
    return typeof sequence === "number" ? sequence : undefined;
  } catch {
    return undefined;
  }
}

/** The key of a message; `undefined` when a newer one took its place. @throws {UnavailableError} */
async function keyAt(link: NatsLink, sequence: number): Promise<string | undefined> {
  try {
    const { message } = await askApi(link, `STREAM.MSG.GET.${objectsStream}`, { seq: sequence });
    const subject = isObject(message) ? message["subject"] : undefined;
    return typeof subject === "string" ? subject.slice(objectsPrefix.length) : undefined;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.errorCode === apiErrorCodes.messageNotFound)
      return undefined;
    throw error;
  }
}
