// SPDX-License-Identifier: Apache-2.0
import type { HttpResponse } from "@repo/http-retry";
import { answerTo, type ProbeContext, refused } from "./ask.ts";
import { decodeXmlText } from "./xml.ts";

/** A page of a listing, its objects still as text: a million names must not become a million documents. */
export interface ListingPage {
  /** What stands between `<Contents>` and `</Contents>`, in order. */
  readonly contents: readonly string[];
  readonly isTruncated: boolean;
  /** A key as it is, from its text in this page. */
  decodeKey(text: string): string;
}

export interface PageRequest {
  readonly prefix: string;
  /** Keys behind this one; "" is from the first. */
  readonly after: string;
  /** At most so many; a server gives no more than 1,000. */
  readonly maxKeys?: number;
  readonly maxAttempts?: number;
}

/** Lists one page. @throws {ProbeFailure} */
export async function listPage(
  context: ProbeContext,
  { prefix, after, maxKeys = 1000, maxAttempts }: PageRequest,
): Promise<ListingPage> {
  const query = { "max-keys": String(maxKeys), prefix, ...(after !== "" && { marker: after }) };
  const answer = await answerTo(context, {
    method: "GET",
    query,
    ...(maxAttempts !== undefined && { maxAttempts }),
  });
  const page = readPage(answer);
  if (page === undefined) throw refused(context, answer, "s3:ListBucket");
  return page;
}

/** Reads a page; `undefined` when the answer is no whole listing. */
export function readPage(response: HttpResponse): ListingPage | undefined {
  if (response.status !== 200) return undefined;
  const text = response.text();
  if (!/<ListBucketResult[\s>]/.test(text.slice(0, 1024)) || !/<\/ListBucketResult\s*>\s*$/.test(text))
    return undefined;
  const contents = contentsOf(text);
  const isUrlEncoded = fieldOf(text, "EncodingType") === "url";
  return {
    contents,
    isTruncated: fieldOf(text, "IsTruncated").trim() === "true",
    decodeKey: (key) => (isUrlEncoded ? decodeUrl(decodeXmlText(key)) : decodeXmlText(key)),
  };
}

function contentsOf(text: string): string[] {
  const [, ...parts] = text.split("<Contents>");
  return parts.map((part) => part.slice(0, part.indexOf("</Contents>")));
}

/** The text of the first element of that name, entities and all; "" without one. */
export function fieldOf(text: string, name: string): string {
  const start = text.indexOf(`<${name}>`);
  if (start === -1) return "";
  const from = start + name.length + 2;
  const end = text.indexOf(`</${name}>`, from);
  return end === -1 ? "" : text.slice(from, end);
}

function decodeUrl(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}
