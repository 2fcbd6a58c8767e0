// SPDX-License-Identifier: Apache-2.0
import type { HttpResponse } from "@repo/http-retry";
import { childNodes, childText, parseXml, type XmlNode } from "./xml.ts";

/** What an S3 error document says, as far as it can be trusted in a message. */
export interface S3ErrorAnswer {
  readonly status: number;
  /** A word of letters, digits, dots and underscores; "" where the answer has no error document. */
  readonly code: string;
  /** The region the server wants, from `<Region>`, `x-amz-bucket-region` or "expecting '…'"; "" where it does not say. */
  readonly region: string;
  /** The host that a PermanentRedirect names; "" elsewhere. */
  readonly endpoint: string;
}

/** A listing as far as pre-flight reads it. */
export interface ListingAnswer {
  readonly keys: readonly string[];
  readonly isTruncated: boolean;
}

const CODE = /^[A-Za-z][\w.]{0,63}$/;
const REGION = /^[A-Za-z0-9_.-]{1,64}$/;
const HOST = /^[A-Za-z0-9.-]{1,253}(:\d{1,5})?$/;

/** Reads a listing; `undefined` when the answer is anything else. */
export function parseListing(response: HttpResponse): ListingAnswer | undefined {
  if (response.status !== 200) return undefined;
  const root = parseXml(response.text(), "ListBucketResult");
  if (root === undefined) return undefined;
  return {
    keys: childNodes(root, "Contents").map((node) => decodeKey(root, childText(node, "Key"))),
    isTruncated: childText(root, "IsTruncated").trim() === "true",
  };
}

function decodeKey(root: XmlNode, key: string): string {
  if (childText(root, "EncodingType") !== "url") return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}

/** Reads what is left of an error in headers and body; the body may be empty, as it is for HEAD. */
export function parseError(response: HttpResponse): S3ErrorAnswer {
  const root = parseXml(response.text(), "Error") ?? {};
  const code = only(CODE, childText(root, "Code").trim());
  const expecting = /expecting '([^']+)'/.exec(childText(root, "Message"))?.[1] ?? "";
  const region =
    only(REGION, childText(root, "Region").trim()) || only(REGION, expecting) || regionHeader(response);
  return { status: response.status, code, region, endpoint: only(HOST, childText(root, "Endpoint").trim()) };
}

/** The bucket's region by its header; "" without. */
export function regionHeader({ headers }: HttpResponse): string {
  const value = headers["x-amz-bucket-region"];
  return typeof value === "string" ? only(REGION, value) : "";
}

/** What stands in place of an S3 document, for a sentence: "an HTML page". */
export function describeBody(response: HttpResponse): string {
  const text = response.text().trimStart().slice(0, 200).toLowerCase();
  if (text === "") return "nothing";
  if (text.startsWith("<!doctype html") || text.startsWith("<html")) return "an HTML page";
  if (text.startsWith("{") || text.startsWith("[")) return "JSON";
  if (text.startsWith("<")) return "XML that is no whole S3 document";
  return "text that is no XML";
}

function only(pattern: RegExp, text: string): string {
  return pattern.test(text) ? text : "";
}
