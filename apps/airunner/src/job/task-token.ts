// SPDX-License-Identifier: Apache-2.0
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { JobError } from "./errors.ts";
import type { Lease } from "./job.ts";
import { limits } from "./limits.ts";

export interface TaskTokenOptions {
  /**
   * The current secret, then older ones whose tokens are still good; each of 32 bytes or more. To rotate, put a new
   * one in front of every server's list, and drop the old one once no lease is left from before.
   */
  readonly secrets: readonly string[];
}

export interface TaskTokens {
  /** Writes a lease as the opaque text that a worker sends back. Holds no state: any server with the secret reads it. */
  issue(lease: Lease): string;
  /** @throws {JobError} `invalid_task_token` where no server with these secrets has issued it */
  read(token: string): Lease;
}

interface TokenKey {
  readonly id: string;
  readonly key: KeyObject;
}

const minSecretBytes = 32;
const version = "v1";
const separator = "|";
const paddedBase64url = /^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/;
const signaturePattern = /^[0-9a-f]{64}$/;
/** `kid.attempt.handle`; the handle may hold dots itself. */
const receiptPattern = /^([0-9a-f]{8})\.([1-9]\d{0,8})\.(.+)$/s;

function createTokenKey(secret: string): TokenKey {
  if (Buffer.byteLength(secret) < minSecretBytes) {
    throw new TypeError(`A task token secret is shorter than ${minSecretBytes} bytes: use a longer one.`);
  }
  const key = createSecretKey(secret, "utf8");
  return { id: sign(key, "airunner task token key id").slice(0, 8), key };
}

function sign(key: KeyObject, payload: string): string {
  return createHmac("sha256", key).update(payload).digest("hex");
}

function encode(text: string): string {
  const unpadded = Buffer.from(text).toString("base64url");
  return unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, "=");
}

function invalid(): JobError {
  return new JobError(
    "invalid_task_token",
    "The task token is none of this server's: send the one that came with the job, unchanged.",
    { field: "task_token" },
  );
}

/** Parts of a token whose form is right; nothing is said about who wrote it. */
function split(token: string): { payload: string; parts: readonly string[]; signature: string } {
  if (token.length === 0 || token.length > limits.taskTokenLength || !paddedBase64url.test(token))
    throw invalid();
  const text = Buffer.from(token, "base64url").toString("utf8");
  const end = text.lastIndexOf(separator);
  const parts = text.slice(0, Math.max(0, end)).split(separator);
  const signature = text.slice(end + 1);
  if (parts.length !== 4 || parts.some((part) => part === "") || !signaturePattern.test(signature))
    throw invalid();
  return { payload: text.slice(0, end), parts, signature };
}

/**
 * Task tokens as the Go program laid them out, so that they look alike with every store:
 *
 *     payload = v1|job id|queue|receipt        receipt = kid.attempt.handle
 *     token   = base64url with padding ( payload|lower-case hex of HMAC-SHA256(secret, payload) )
 *
 * `kid` says which secret signed; it is derived from the secret and tells nothing about it. A token has no end of
 * its own: the attempt in it is what goes stale.
 *
 * @throws {TypeError} without a secret, with a short one, or with the same one twice
 */
export function createTaskTokens({ secrets }: TaskTokenOptions): TaskTokens {
  const keys = secrets.map(createTokenKey);
  const [current] = keys;
  if (current === undefined) throw new TypeError("There is no task token secret: give at least one.");
  const keyById = new Map(keys.map((key) => [key.id, key.key]));
  if (keyById.size < keys.length) throw new TypeError("A task token secret is given twice: give each once.");

  return {
    issue({ jobId, queue, attempt, handle }) {
      const receipt = `${current.id}.${attempt}.${handle}`;
      const payload = [version, jobId, queue, receipt].join(separator);
      if (payload.split(separator).length !== 4) {
        throw new TypeError(`A task token cannot carry "${separator}" in a job id, queue or handle.`);
      }
      return encode(`${payload}${separator}${sign(current.key, payload)}`);
    },

    read(token) {
      const { payload, parts, signature } = split(token);
      const [tokenVersion, jobId = "", queue = "", receipt = ""] = parts;
      const [, keyId = "", attempt = "", handle = ""] = receiptPattern.exec(receipt) ?? [];
      const key = keyById.get(keyId);
      if (tokenVersion !== version || key === undefined) throw invalid();
      if (!timingSafeEqual(Buffer.from(sign(key, payload)), Buffer.from(signature))) throw invalid();
      return { jobId, queue, attempt: Number(attempt), handle };
    },
  };
}
