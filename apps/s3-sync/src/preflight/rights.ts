// SPDX-License-Identifier: Apache-2.0
import type { HttpResponse } from "@repo/http-retry";
import { answerTo, type ProbeContext, refused } from "./ask.ts";
import { ProbeFailure } from "./preflight-error.ts";
import { parseError } from "./s3-answer.ts";
import { describeSide, variable } from "./side-words.ts";
import { childText, parseXml } from "./xml.ts";

const PROBE_NAME = ".s3-sync-write-probe";
/** No server has given this id to an upload. */
const NO_UPLOAD = "s3-sync-preflight-no-such-upload";

/** A warning when the source's first object may be listed but not read; a right to one object says little of others. */
export async function checkReadable(context: ProbeContext, key: string | undefined): Promise<string[]> {
  if (key === undefined || context.side.role !== "source") return [];
  const head = await optionalAnswer(context, { method: "HEAD", key });
  if (head?.status !== 403 && head?.status !== 401) return [];
  const { side } = context;
  return [
    `${describeSide(side)} lists its first object and refuses to show it (status ${head.status}); grant ${variable(side.role, "ACCESS_KEY")} s3:GetObject there.`,
  ];
}

/**
 * Finds a destination that may not be written before rclone fails on every object.
 *
 * Sends a part to an upload that does not exist: the right to write is checked first (AccessDenied), then the upload
 * (NoSuchUpload), and on no server can anything come of it, so a dry run asks too. (A PUT with a wrong digest or an
 * impossible condition would be written by servers that check neither; the right to delete cannot be asked for
 * harmlessly at all: in a versioned bucket even a delete of nothing leaves a marker.) Only a plain refusal counts, and
 * outside a dry run a real upload is begun and aborted to be sure of it; any other answer says nothing.
 *
 * @returns warnings
 * @throws {ProbeFailure} class `auth` where the destination refuses to be written
 */
export async function checkWritable(context: ProbeContext, isDryRun: boolean): Promise<string[]> {
  const key = `${context.side.prefix}${PROBE_NAME}`;
  const query = { partNumber: "1", uploadId: NO_UPLOAD };
  const answer = await optionalAnswer(context, { method: "PUT", key, query, body: "" });
  if (answer === undefined || !isDenied(answer)) return [];
  if (!isDryRun && !(await isUploadDenied(context, key))) return [];
  const failure = refused(context, answer, "s3:PutObject");
  if (!isDryRun) throw failure;
  return [`${describeSide(context.side)} ${failure.finding.text}; only a dry run can do without.`];
}

async function isUploadDenied(context: ProbeContext, key: string): Promise<boolean> {
  const begun = await optionalAnswer(context, { method: "POST", key, query: { uploads: "" } });
  if (begun === undefined) return false;
  const root = parseXml(begun.text(), "InitiateMultipartUploadResult");
  const uploadId = root === undefined ? "" : childText(root, "UploadId");
  if (uploadId !== "") await optionalAnswer(context, { method: "DELETE", key, query: { uploadId } });
  return isDenied(begun);
}

function isDenied(response: HttpResponse): boolean {
  return (
    response.status === 403 &&
    ["AccessDenied", "AllAccessDisabled", "Forbidden"].includes(parseError(response).code)
  );
}

/** An answer to a question that the job can do without. */
async function optionalAnswer(
  context: ProbeContext,
  request: Omit<Parameters<typeof answerTo>[1], "maxAttempts">,
): Promise<HttpResponse | undefined> {
  try {
    return await answerTo(context, { ...request, maxAttempts: 1 });
  } catch (error) {
    if (error instanceof ProbeFailure) return undefined;
    throw error;
  }
}
