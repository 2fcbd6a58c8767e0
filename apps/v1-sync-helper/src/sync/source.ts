// SPDX-License-Identifier: MIT
import type { NatsLink } from "../nats/nats-link.ts";
import { UnavailableError } from "../services/answer.ts";

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

const noMessageFound = 10_037;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function createSource(link: NatsLink): Source {
  return {
    newest: async (key) => {
      const request = encoder.encode(JSON.stringify({ last_by_subj: `${objectsPrefix}${key}` }));
      const answer = await link.request(`$JS.API.STREAM.MSG.GET.${objectsStream}`, request);
      return parseAnswer(decoder.decode(answer.data), key);
    },
  };
}

interface ApiAnswer {
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
  readonly message?: { readonly seq: number; readonly hdrs?: string; readonly data?: string };
}

/** Reads `{"message":{"seq":7,"hdrs":"TkFUUy8x…","data":"eyJ…"}}` or `{"error":{"code":404,"err_code":10037,…}}`. */
function parseAnswer(text: string, key: string): StoredRevision | undefined {
  // The server's own answer; what does not fit is caught below.
  const { error, message } = JSON.parse(text) as ApiAnswer;
  if (error?.err_code === noMessageFound) return undefined;
  if (message === undefined) {
    const why = error?.description ?? "an answer without a message";
    throw new UnavailableError({
      code: "service_unavailable",
      message: `NATS cannot read ${key} from ${objectsBucket}: ${why}.`,
    });
  }
  const headers = message.hdrs === undefined ? "" : Buffer.from(message.hdrs, "base64").toString("latin1");
  const value = Buffer.from(message.data ?? "", "base64");
  return { revision: message.seq, value: isDeleteMark(headers) ? undefined : value };
}

/** Reads a header block, e.g. `NATS/1.0\r\nKV-Operation: DEL\r\n\r\n`. */
function isDeleteMark(headers: string): boolean {
  return /^KV-Operation: *(?:DEL|PURGE) *\r?$/im.test(headers);
}
