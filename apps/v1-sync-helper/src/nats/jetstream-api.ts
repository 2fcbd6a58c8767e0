// SPDX-License-Identifier: MIT
import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import type { NatsLink } from "./nats-link.ts";
import { NoRespondersError, natsUnavailable } from "./unavailable.ts";

/** Codes of JetStream's errors that are decided on. @see nats-server/server/errors.json */
export const apiErrorCodes = {
  wrongLastSequence: 10_071,
  /** The same, found by a follower before it asked. */
  wrongLastSequenceConstant: 10_164,
  streamNotFound: 10_059,
  consumerNotFound: 10_014,
  messageNotFound: 10_037,
  streamNameInUse: 10_058,
  consumerExists: 10_105,
  consumerExistsAlready: 10_148,
  messageTooLarge: 10_054,
  notEnabledForAccount: 10_039,
  notEnabled: 10_076,
} as const;

/** JetStream refused. */
export class JetStreamApiError extends Error {
  override readonly name = "JetStreamApiError";
  readonly errorCode: number;

  constructor(errorCode: number, description: string) {
    super(description);
    this.errorCode = errorCode;
  }
}

/**
 * A request whose answer is JSON, as all of JetStream's are.
 *
 * @returns the answer's object, unchecked; `parse` reads from it what is needed
 * @throws {JetStreamApiError} @throws {UnavailableError}
 */
export async function askJetStream(
  link: NatsLink,
  subject: string,
  payload: Uint8Array | string,
  options: { readonly headers?: MsgHdrs; readonly timeoutMs?: number } = {},
): Promise<Readonly<Record<string, unknown>>> {
  return readAnswer(await link.request(subject, payload, options));
}

/** Asks JetStream's own API; `operation` is e.g. `STREAM.INFO.KV_v1-objects`. */
export async function askApi(
  link: NatsLink,
  operation: string,
  body?: object,
): Promise<Readonly<Record<string, unknown>>> {
  return readAnswer(await requestApi(link, operation, body));
}

/**
 * As {@link askApi}, where a refusal is as good an answer as any: making an error of it, with its stack, costs as much
 * as the request.
 *
 * @returns `undefined` when JetStream refuses with this code
 */
export async function askApiUnless(
  errorCode: number,
  link: NatsLink,
  operation: string,
  body: object,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const message = await requestApi(link, operation, body);
  const { error } = parse(message);
  return isObject(error) && error["err_code"] === errorCode ? undefined : readAnswer(message);
}

/** What the API answered; `undefined` where there is no such stream or consumer. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    const { streamNotFound, consumerNotFound } = apiErrorCodes;
    if (error.errorCode === streamNotFound || error.errorCode === consumerNotFound) return undefined;
    throw error;
  }
}

async function requestApi(link: NatsLink, operation: string, body: object | undefined): Promise<Msg> {
  try {
    return await link.request(`$JS.API.${operation}`, body === undefined ? "" : JSON.stringify(body));
  } catch (error) {
    if (!(error instanceof NoRespondersError)) throw error;
    throw natsUnavailable("JetStream is not enabled at NATS, or not for this account.", error);
  }
}

function readAnswer(message: Msg): Readonly<Record<string, unknown>> {
  const answer = parse(message);
  const { error } = answer;
  if (error === undefined) return answer;
  const fields = isObject(error) ? error : {};
  const { err_code: code, description } = fields;
  throw new JetStreamApiError(
    typeof code === "number" ? code : 0,
    typeof description === "string" ? description : "JetStream gave no reason",
  );
}

function parse(message: Msg): Readonly<Record<string, unknown>> {
  let answer: unknown;
  try {
    answer = JSON.parse(message.string());
  } catch (error) {
    throw natsUnavailable(`JetStream's answer on ${message.subject} is no JSON.`, error);
  }
  if (!isObject(answer)) throw natsUnavailable(`JetStream's answer on ${message.subject} is no object.`);
  return answer;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
