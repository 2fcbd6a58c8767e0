// SPDX-License-Identifier: MIT
import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import { apiErrorCodes, askApi, isObject, JetStreamApiError } from "./jetstream-api.ts";
import { checkKey } from "./key.ts";
import type { NatsLink } from "./nats-link.ts";
import { NoRespondersError, natsUnavailable } from "./unavailable.ts";

/** The newest message of a key. */
export interface Stored {
  readonly value: Uint8Array;
  readonly revision: number;
  readonly createdAt: Date;
  /** Stands for a delete or a purge. */
  readonly isMarker: boolean;
}

/** After how long a stream that gave no direct answer is asked directly again; milliseconds. */
const askDirectlyAgainMs = 60_000;

/**
 * Reads the newest message of a key, by the direct get where the stream allows it.
 *
 * Any replica of a stream may answer a direct get, also one that lags behind. So what it does not know is asked of
 * the stream's leader: an object must not be taken for absent, and made again, because of that. (What it does know
 * may be old; who writes by compare-and-set learns of that.)
 */
export function createReader(link: NatsLink, bucket: string): (key: string) => Promise<Stored | undefined> {
  const stream = `KV_${bucket}`;
  let directFromMs = 0;

  async function readDirectly(subject: string): Promise<Stored | undefined> {
    try {
      return storedOf(await link.request(`$JS.API.DIRECT.GET.${stream}.${subject}`));
    } catch (error) {
      if (!(error instanceof NoRespondersError)) throw error;
      directFromMs = performance.now() + askDirectlyAgainMs;
      return undefined;
    }
  }

  return async (key) => {
    checkKey(key);
    const subject = `$KV.${bucket}.${key}`;
    const stored = performance.now() >= directFromMs ? await readDirectly(subject) : undefined;
    return stored ?? (await readFromLeader(link, bucket, subject));
  };
}

/** Reads the answer to a direct get; `undefined`: there is no such message. */
function storedOf(message: Msg): Stored | undefined {
  const { headers } = message;
  if (headers === undefined) throw natsUnavailable("NATS answered a direct get without headers.");
  if (headers.code === 404) return undefined;
  if (headers.code !== 0) throw natsUnavailable(`NATS refused a direct get: ${headers.description}.`);
  const revision = Number(headers.get("Nats-Sequence"));
  if (!Number.isSafeInteger(revision) || revision <= 0) {
    throw natsUnavailable("NATS answered a direct get without a sequence.");
  }
  const createdAt = new Date(headers.get("Nats-Time-Stamp"));
  return { value: message.data, revision, createdAt, isMarker: isMarker(message.data, headers) };
}

/** A client's delete or purge, or what the server leaves when a value's time is over. Their values are empty. */
export function isMarker(value: Uint8Array, headers: MsgHdrs | undefined): boolean {
  if (value.length > 0 || headers === undefined) return false;
  const operation = headers.get("KV-Operation");
  return operation === "DEL" || operation === "PURGE" || headers.get("Nats-Marker-Reason") !== "";
}

async function readFromLeader(link: NatsLink, bucket: string, subject: string): Promise<Stored | undefined> {
  try {
    const answer = await askApi(link, `STREAM.MSG.GET.KV_${bucket}`, { last_by_subj: subject });
    const { message } = answer;
    if (!isObject(message)) throw natsUnavailable("JetStream answered a get without a message.");
    const { seq, time, data, hdrs } = message;
    if (typeof seq !== "number" || typeof time !== "string") {
      throw natsUnavailable("JetStream answered a get without a sequence or a time.");
    }
    const value = typeof data === "string" ? Buffer.from(data, "base64") : new Uint8Array();
    const headers = typeof hdrs === "string" ? Buffer.from(hdrs, "base64").toString() : "";
    const isMarked = /^(?:KV-Operation: ?(?:DEL|PURGE)|Nats-Marker-Reason:.*)\r?$/m.test(headers);
    return {
      value,
      revision: seq,
      createdAt: new Date(time),
      isMarker: value.length === 0 && isMarked,
    };
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    if (error.errorCode === apiErrorCodes.messageNotFound) return undefined;
    if (error.errorCode === apiErrorCodes.streamNotFound) {
      throw natsUnavailable(`There is no bucket ${bucket}.`, error);
    }
    throw natsUnavailable(`The bucket ${bucket} refuses a read: ${error.message}.`, error);
  }
}
