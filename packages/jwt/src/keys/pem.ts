// SPDX-License-Identifier: Apache-2.0
import { JwtError } from "../errors.ts";

/** One `-----BEGIN label-----` … `-----END label-----`, written afresh as OpenSSL wants it. */
export interface PemBlock {
  /** `PRIVATE KEY`, `EC PARAMETERS`, … */
  readonly label: string;
  readonly text: string;
  readonly isEncrypted: boolean;
}

const MAX_PEM_CHARS = 65_536;
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*(?:-(?!----)[^-]*)*)-----END \1-----/g;

/**
 * All PEM blocks of a text, in its order, with what stands around them left out (RFC 7468 section 2).
 *
 * What environment variables and YAML do to PEM is undone: `\n` as two characters, CRLF, indentation, and line
 * breaks turned to spaces.
 *
 * @param subject how a message names the text, such as "The private key"
 * @throws {JwtError} `key_unusable` when there is no whole block; never with a part of the text
 */
export function parsePemBlocks(text: string, subject: string): readonly PemBlock[] {
  if (typeof text !== "string" || text.trim() === "") {
    throw new JwtError("key_unusable", `${subject} is empty; it must be a key in PEM form.`);
  }
  if (text.length > MAX_PEM_CHARS) {
    throw new JwtError(
      "key_unusable",
      `${subject} is longer than ${MAX_PEM_CHARS} characters; it cannot be a key.`,
    );
  }
  const blocks = [...text.replaceAll("\\n", "\n").matchAll(BLOCK)].map(([, label = "", body = ""]) =>
    toBlock(label, body),
  );
  if (blocks.length > 0) return blocks;
  const begin = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1];
  throw new JwtError(
    "key_unusable",
    begin === undefined
      ? `${subject} is not PEM text: it has no "-----BEGIN …-----" line. Give the text of the key file, not its path.`
      : `${subject} is cut off: its "-----BEGIN ${begin}-----" line has no matching "-----END ${begin}-----".`,
  );
}

function toBlock(label: string, body: string): PemBlock {
  // RFC 1421 headers such as "Proc-Type: 4,ENCRYPTED" hold a colon, which base64 never does.
  const isEncrypted = label.startsWith("ENCRYPTED") || /Proc-Type:\s*4\s*,\s*ENCRYPTED/.test(body);
  const base64 = body.replaceAll(/\s+/g, "");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    label,
    isEncrypted,
    text: `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`,
  };
}
