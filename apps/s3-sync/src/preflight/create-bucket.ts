// SPDX-License-Identifier: Apache-2.0

import { answerTo, type ProbeContext, refused } from "./ask.ts";
import { parseError } from "./s3-answer.ts";
import { signingRegion } from "./side-words.ts";

/** Creates the bucket of a side with one PUT; one that somebody of the same account made meanwhile is fine. @throws {ProbeFailure} */
export async function createBucket(context: ProbeContext): Promise<void> {
  const answer = await answerTo(context, {
    method: "PUT",
    body: locationOf(signingRegion(context.side)),
    maxAttempts: 1,
  });
  if (answer.status >= 200 && answer.status < 300) return;
  if (parseError(answer).code === "BucketAlreadyOwnedByYou") return;
  throw refused(context, answer, "s3:CreateBucket");
}

/** AWS wants the region named, but us-east-1, which it refuses to have named. */
function locationOf(region: string): string {
  if (region === "us-east-1") return "";
  const content = `<LocationConstraint>${region}</LocationConstraint>`;
  return `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</CreateBucketConfiguration>`;
}
