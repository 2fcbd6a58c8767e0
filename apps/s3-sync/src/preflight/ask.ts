// SPDX-License-Identifier: Apache-2.0
import { HttpError, type HttpResponse } from "@repo/http-retry";
import type { Side } from "../side.ts";
import { findNetworkFault } from "./network-faults.ts";
import { ProbeFailure } from "./preflight-error.ts";
import { regionHeader } from "./s3-answer.ts";
import { findS3Fault, type Wish } from "./s3-faults.ts";
import type { SignedClient, SignedRequest } from "./signed-client.ts";

/** A client, the side it talks to, and what ends the probe. */
export interface ProbeContext {
  readonly side: Side;
  readonly client: SignedClient;
  readonly signal: AbortSignal;
}

/** An answer, or the fault that kept it away. A failed answer after all retries is an answer. @throws {ProbeFailure} */
export async function answerTo(
  { client, side, signal }: ProbeContext,
  request: Omit<SignedRequest, "signal">,
): Promise<HttpResponse> {
  try {
    return await client.send({ ...request, signal });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.response !== undefined) return error.response;
    throw new ProbeFailure(findNetworkFault(side, error), { cause: error });
  }
}

/** The failure of an answer that is not what was asked for. */
export function refused(
  { side }: ProbeContext,
  response: HttpResponse,
  wish: Wish,
  head?: HttpResponse,
): ProbeFailure {
  const region = head === undefined ? undefined : { region: regionHeader(head) };
  return new ProbeFailure(findS3Fault({ side, response, wish, ...region }));
}
