// SPDX-License-Identifier: MIT
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type { Logger } from "@repo/logging";
import type { UnavailableError } from "../unavailable-error.ts";
import { type Bucket, RevisionConflictError } from "./bucket.ts";
import { apiErrorCodes, askJetStream, JetStreamApiError } from "./jetstream-api.ts";
import { checkKey } from "./key.ts";
import type { NatsLink } from "./nats-link.ts";
import { createReader, type Stored } from "./read-newest.ts";
import { NoRespondersError, natsUnavailable } from "./unavailable.ts";
import { watchBucket } from "./watch-bucket.ts";

/** The stream of a bucket. */
export function streamOf(bucket: string): string {
  return `KV_${bucket}`;
}

const expectedSequence = "Nats-Expected-Last-Subject-Sequence";

/**
 * A bucket by name; nothing is asked for until it is used, and it need not be there yet.
 *
 * Values that are read are views of the connection's buffers: decode them, do not keep them. A write whose answer is
 * lost throws `UnavailableError`: whether it was carried out is not known, so read again.
 */
export function openBucket(link: NatsLink, name: string, options: { readonly logger?: Logger } = {}): Bucket {
  const prefix = `$KV.${name}.`;
  const readNewest = createReader(link, name);

  async function write(key: string, value: Uint8Array | string, revision: number | undefined) {
    checkKey(key);
    return await publish(key, value, revision === undefined ? undefined : expecting(headers(), revision));
  }

  async function publish(key: string, value: Uint8Array | string, sent: MsgHdrs | undefined) {
    try {
      const answer = await askJetStream(
        link,
        prefix + key,
        value,
        sent === undefined ? {} : { headers: sent },
      );
      if (typeof answer["seq"] !== "number")
        throw natsUnavailable("JetStream's answer to a write has no sequence.");
      return answer["seq"];
    } catch (error) {
      throw refusedWrite(error, name, key);
    }
  }

  return {
    name,
    async get(key) {
      const stored = await readNewest(key);
      return stored === undefined || stored.marker !== undefined ? undefined : entryOf(key, stored);
    },
    async create(key, value) {
      try {
        return await write(key, value, 0);
      } catch (error) {
        if (!(error instanceof RevisionConflictError)) throw error;
        // What is there may be the marker of a delete.
        const stored = await readNewest(key);
        if (stored !== undefined && stored.marker === undefined) throw error;
        return await write(key, value, stored?.revision ?? 0);
      }
    },
    update: (key, value, revision) => write(key, value, revision),
    put: (key, value) => write(key, value, undefined),
    async purge(key, revision) {
      checkKey(key);
      const sent = headers();
      sent.set("KV-Operation", "PURGE");
      sent.set("Nats-Rollup", "sub");
      await publish(key, "", revision === undefined ? sent : expecting(sent, revision));
    },
    watch: (filters, watching) => watchBucket(link, name, filters, { ...options, ...watching }),
  };
}

function expecting(sent: MsgHdrs, revision: number): MsgHdrs {
  sent.set(expectedSequence, String(revision));
  return sent;
}

function entryOf(key: string, { value, revision, createdAt }: Stored) {
  return { key, value, revision, createdAt };
}

function refusedWrite(error: unknown, bucket: string, key: string): unknown {
  if (error instanceof NoRespondersError) return bucketMissing(bucket, error);
  if (!(error instanceof JetStreamApiError)) return error;
  switch (error.errorCode) {
    case apiErrorCodes.wrongLastSequence:
    case apiErrorCodes.wrongLastSequenceConstant:
      return new RevisionConflictError(`Somebody else wrote ${key} in the bucket ${bucket} first.`, {
        cause: error,
      });
    case apiErrorCodes.messageTooLarge:
      return new RangeError(`The value of ${key} is larger than the bucket ${bucket} takes.`, {
        cause: error,
      });
    default:
      // Above all a bucket that is full, which ends when somebody makes room.
      return natsUnavailable(`The bucket ${bucket} refuses a write: ${error.message}.`, error);
  }
}

function bucketMissing(bucket: string, cause: unknown): UnavailableError {
  return natsUnavailable(
    `There is no bucket ${bucket}, or JetStream is not enabled for this account.`,
    cause,
  );
}
