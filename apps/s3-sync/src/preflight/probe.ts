// SPDX-License-Identifier: Apache-2.0
import { HttpError, type HttpResponse } from "@repo/http-retry";
import type { Side } from "../side.ts";
import { clockAheadMs, describeSkew, NOTABLE_SKEW_MS } from "./clock-skew.ts";
import { findNetworkFault } from "./network-faults.ts";
import { ProbeFailure } from "./preflight-error.ts";
import { type ListingAnswer, parseError, parseListing, regionHeader } from "./s3-answer.ts";
import { findS3Fault, type Wish } from "./s3-faults.ts";
import { describeSide, signingRegion, variable } from "./side-words.ts";
import type { SignedClient, SignedRequest } from "./signed-client.ts";

/** What the first look at a bucket gave. */
export interface BucketProbe {
  /** The bucket is not there; nothing else is known then. */
  readonly isMissing: boolean;
  /** No object under the prefix, its own folder marker aside. */
  readonly isEmpty: boolean;
  /** The first object under the prefix. */
  readonly firstKey?: string | undefined;
  readonly warnings: readonly string[];
}

/** A client, the side it talks to, and what ends the probe. */
export interface ProbeContext {
  readonly side: Side;
  readonly client: SignedClient;
  readonly signal: AbortSignal;
}

/**
 * Lists two keys under the prefix and asks for the bucket's head at the same time.
 *
 * The listing decides. The head has no body to explain itself and is refused to keys that may list one prefix only;
 * it counts where a server answers an empty listing for a bucket that is not there, and for the region it names.
 *
 * @throws {ProbeFailure}
 */
export async function probeBucket(context: ProbeContext): Promise<BucketProbe> {
  const { side } = context;
  const [listed, head] = await Promise.all([
    answerTo(context, { method: "GET", query: { "max-keys": "2", prefix: side.prefix } }),
    answerTo(context, { method: "HEAD", maxAttempts: 1 }).catch(() => undefined),
  ]);
  const listing = parseListing(listed);
  if (listing === undefined && parseError(listed).code === "NoSuchBucket") return MISSING;
  if (listing === undefined) throw refused(context, listed, "s3:ListBucket", head);
  const keys = listing.keys.filter((key) => key !== side.prefix);
  const isEmpty = keys.length === 0 && !listing.isTruncated;
  if (isEmpty && head?.status === 404) return MISSING;
  checkPrefix(side, listing);
  return {
    isMissing: false,
    isEmpty,
    firstKey: keys[0],
    warnings: [...skewWarning(side, listed), ...regionWarning(side, head)],
  };
}

const MISSING: BucketProbe = { isMissing: true, isEmpty: true, warnings: [] };

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

/** A server that lists what was not asked for cannot be mirrored: what lies beside the prefix would be deleted. */
function checkPrefix({ role, prefix }: Side, { keys }: ListingAnswer): void {
  if (keys.every((key) => key.startsWith(prefix))) return;
  const text = `lists objects outside "${prefix}", so its listings cannot be trusted: check ${variable(role, "S3_ENDPOINT")}`;
  throw new ProbeFailure({ failureClass: "config", text });
}

function skewWarning(side: Side, response: HttpResponse): string[] {
  const aheadMs = clockAheadMs(response) ?? 0;
  if (Math.abs(aheadMs) < NOTABLE_SKEW_MS) return [];
  return [
    `${describeSide(side)}: this machine's clock is ${describeSkew(aheadMs)} the endpoint's; at 15 minutes requests are refused.`,
  ];
}

function regionWarning(side: Side, head: HttpResponse | undefined): string[] {
  const region = head === undefined ? "" : regionHeader(head);
  if (region === "" || region === signingRegion(side)) return [];
  return [
    `${describeSide(side)} lies in region "${region}"; set ${variable(side.role, "REGION")}=${region}.`,
  ];
}
