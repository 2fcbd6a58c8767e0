// SPDX-License-Identifier: Apache-2.0
import { document } from "./xml.ts";

/** An answer before it is written; `body` is sent as it is, in pieces. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Buffer[];
  /** Content-Length where it is not the body's own, as for HEAD. */
  readonly length?: number;
}

export function emptyReply(status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: [] };
}

export function xmlReply(
  root: string,
  content: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return textReply(200, "application/xml", document(root, content), headers);
}

export function textReply(
  status: number,
  contentType: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers: { "content-type": contentType, ...headers }, body: [Buffer.from(text)] };
}
