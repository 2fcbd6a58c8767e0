// SPDX-License-Identifier: Apache-2.0
import type { HttpResponse } from "@repo/http-retry";
import type { Side } from "../side.ts";
import { answerTo, type ProbeContext, refused } from "./ask.ts";
import { clockAheadMs, describeSkew, NOTABLE_SKEW_MS } from "./clock-skew.ts";
import { fieldOf, listPage } from "./listing-page.ts";
import { ProbeFailure } from "./preflight-error.ts";
import { type ListingAnswer, parseError, parseListing, regionHeader } from "./s3-answer.ts";
import { describeSide, signingRegion, variable } from "./side-words.ts";

/** What the first look at a bucket gave. */
export interface BucketProbe {
  /** The bucket is not there; nothing else is known then. */
  readonly isMissing: boolean;
  /** No object under the prefix, its own folder marker aside; at the source, none that rclone would see. */
  readonly isEmpty: boolean;
  /** The first object under the prefix. */
  readonly firstKey?: string | undefined;
  readonly warnings: readonly string[];
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
  if (keys.length === 0 && !listing.isTruncated && head?.status === 404) return MISSING;
  checkPrefix(side, listing);
  const isEmpty =
    side.role === "source"
      ? !(await hasVisibleObject(context, listing))
      : keys.length === 0 && !listing.isTruncated;
  return {
    isMissing: false,
    isEmpty,
    firstKey: keys.find((key) => !key.endsWith("/")) ?? keys[0],
    warnings: [...skewWarning(side, listed), ...regionWarning(side, head)],
  };
}

/**
 * Whether rclone will see any object: a source of folder markers alone is empty to it, and would empty the destination.
 *
 * Looks at the first 20,000 keys; a source that begins with more folder markers than that counts as empty.
 */
async function hasVisibleObject(context: ProbeContext, first: ListingAnswer): Promise<boolean> {
  const { prefix } = context.side;
  const isVisible = (key: string): boolean =>
    key !== prefix && !key.endsWith("/") && !key.startsWith(`${prefix}/`);
  if (first.keys.some(isVisible)) return true;
  let after = first.keys.at(-1);
  // More to come, and nothing to go on from: that says nothing of what is there.
  if (after === undefined) return first.isTruncated;
  let isTruncated = first.isTruncated;
  for (let pages = 0; isTruncated && pages < MAX_MARKER_PAGES; pages += 1) {
    const page = await listPage(context, { prefix, after });
    const keys = page.contents.map((content) => page.decodeKey(fieldOf(content, "Key")));
    if (keys.some(isVisible)) return true;
    const last = keys.at(-1);
    isTruncated = page.isTruncated && last !== undefined && last !== after;
    after = last ?? after;
  }
  return false;
}

const MAX_MARKER_PAGES = 20;

const MISSING: BucketProbe = { isMissing: true, isEmpty: true, warnings: [] };

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
