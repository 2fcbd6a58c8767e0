// SPDX-License-Identifier: MIT
import type { Msg } from "@nats-io/transport-node";
import { apiErrorCodes, askApiUnless, isObject, JetStreamApiError } from "./jetstream-api.ts";
import { checkKey } from "./key.ts";
import type { NatsLink } from "./nats-link.ts";
import { NoRespondersError, natsUnavailable } from "./unavailable.ts";

/** The newest message of a key. */
export interface Stored {
  readonly value: Uint8Array;
  readonly revision: number;
  readonly createdAt: Date;
  /** Absent for a value. */
  readonly marker: Marker | undefined;
}

/** What stands in place of a value: a client's delete or purge, or what the server leaves when a value's time is over. */
export type Marker = "deleted" | "expired";

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
    return stored ?? (await readFromLeader(link, bucket, key));
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
  return { value: message.data, revision, createdAt, marker: markerOf(headers) };
}

/** @param headers anything that has `""` for what is not there */
export function markerOf(headers: { readonly get: (name: string) => string }): Marker | undefined {
  const operation = headers.get("KV-Operation");
  if (operation === "DEL" || operation === "PURGE") return "deleted";
  return headers.get("Nats-Marker-Reason") === "" ? undefined : "expired";
}

/**
 * Reads the newest message of a key as the stream's leader knows it; `undefined`: there is none.
 *
 * @throws {UnavailableError}
 */
export async function readFromLeader(
  link: NatsLink,
  bucket: string,
  key: string,
): Promise<Stored | undefined> {
  const subject = `$KV.${bucket}.${key}`;
  try {
    const operation = `STREAM.MSG.GET.KV_${bucket}`;
    const wanted = { last_by_subj: subject };
    const answer = await askApiUnless(apiErrorCodes.messageNotFound, link, operation, wanted);
    if (answer === undefined) return undefined;
    const { message } = answer;
    return storedInAnswer(message, subject);
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    if (error.errorCode === apiErrorCodes.streamNotFound) {
      throw natsUnavailable(`There is no bucket ${bucket}.`, error);
    }
    throw natsUnavailable(`The bucket ${bucket} refuses a read: ${error.message}.`, error);
  }
}

/** Reads `{"subject":"$KV.v1-objects.a","seq":7,"time":"2026-11-21T10:00:00Z","hdrs":"TkFUUy8x…","data":"eyJ…"}`. */
function storedInAnswer(message: unknown, subject: string): Stored {
  if (!isObject(message)) throw natsUnavailable("JetStream answered a get without a message.");
  const { seq, time, data, hdrs } = message;
  if (typeof seq !== "number" || typeof time !== "string") {
    throw natsUnavailable("JetStream answered a get without a sequence or a time.");
  }
  // Where the key holds a wildcard it may be another's.
  if (message["subject"] !== subject)
    throw natsUnavailable(`JetStream answered with another key than ${subject}.`);
  const headers = typeof hdrs === "string" ? Buffer.from(hdrs, "base64").toString("latin1") : "";
  return {
    value: typeof data === "string" ? Buffer.from(data, "base64") : new Uint8Array(),
    revision: seq,
    createdAt: new Date(time),
    marker: markerOf({ get: (name) => new RegExp(`^${name}: *(.*?) *\\r?$`, "im").exec(headers)?.[1] ?? "" }),
  };
}
