// SPDX-License-Identifier: MIT
import { apiErrorCodes, askApi, isObject, JetStreamApiError } from "../nats/jetstream-api.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { natsUnavailable } from "../nats/unavailable.ts";

/** A revision of a key of `v1-objects`. */
export interface StoredRevision {
  /** Stream sequence. */
  readonly revision: number;
  /** `undefined`: deleted or purged. */
  readonly value: Uint8Array | undefined;
}

/** The bucket `v1-objects`. */
export interface Source {
  /**
   * The newest revision of a key, delete marks included, as the stream's leader knows it: a replica may be behind,
   * and "not there" must not be guessed. `undefined`: there is none.
   *
   * @throws {UnavailableError}
   */
  readonly newest: (key: string) => Promise<StoredRevision | undefined>;
}

export const objectsBucket = "v1-objects";
export const objectsStream = `KV_${objectsBucket}`;
export const objectsPrefix = `$KV.${objectsBucket}.`;

export function createSource(link: NatsLink): Source {
  return {
    newest: async (key) => {
      const subject = `${objectsPrefix}${key}`;
      try {
        const { message } = await askApi(link, `STREAM.MSG.GET.${objectsStream}`, { last_by_subj: subject });
        const stored = storedRevision(message, key);
        if (isObject(message) && message["subject"] === subject) return stored;
        throw natsUnavailable(`JetStream answered with another key than ${key}.`);
      } catch (error) {
        if (!(error instanceof JetStreamApiError)) throw error;
        if (error.errorCode === apiErrorCodes.messageNotFound) return undefined;
        throw natsUnavailable(`The bucket ${objectsBucket} refuses to give ${key}: ${error.message}.`, error);
      }
    },
  };
}

/** Reads `{"seq":7,"hdrs":"TkFUUy8x…","data":"eyJ…"}`. */
function storedRevision(message: unknown, key: string): StoredRevision {
  const { seq, data, hdrs } = isObject(message) ? message : {};
  if (typeof seq !== "number") throw natsUnavailable(`JetStream answered without a message for ${key}.`);
  const headers = typeof hdrs === "string" ? Buffer.from(hdrs, "base64").toString("latin1") : "";
  const value = typeof data === "string" ? Buffer.from(data, "base64") : new Uint8Array();
  return { revision: seq, value: isDeleteMark(headers) ? undefined : value };
}

/** Reads a header block, e.g. `NATS/1.0\r\nKV-Operation: DEL\r\n\r\n`. */
function isDeleteMark(headers: string): boolean {
  return /^KV-Operation: *(?:DEL|PURGE) *\r?$/im.test(headers);
}
