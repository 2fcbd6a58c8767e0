// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { crc32 } from "node:zlib";
import { S3Error } from "./errors.ts";
import { header, type S3Request } from "./request.ts";
import { md5Of } from "./store.ts";

/** A body that has been read and whose digests, as far as any were sent, have been found right. */
export interface CheckedBody {
  readonly pieces: readonly Buffer[];
  readonly sizeBytes: number;
}

interface DecodedBody {
  readonly pieces: readonly Buffer[];
  readonly trailers: Readonly<Record<string, string>>;
}

/** Reads a whole body as it comes. @throws {S3Error} IncompleteBody when the client goes away */
export async function readBody(message: IncomingMessage): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of message)
      pieces.push(Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece)));
  } catch {
    throw new S3Error("IncompleteBody");
  }
  return pieces;
}

/**
 * Undoes the `aws-chunked` framing where there is one and checks Content-MD5, x-amz-content-sha256 and the CRC-32, SHA-1
 * or SHA-256 checksum, whether they came in a header or in a trailer. (Signatures of single chunks are not checked.)
 *
 * @throws {S3Error} BadDigest, InvalidDigest, XAmzContentSHA256Mismatch, IncompleteBody
 */
export function checkBody(request: S3Request, raw: readonly Buffer[]): CheckedBody {
  const sha256 = header(request, "x-amz-content-sha256");
  const { pieces, trailers }: DecodedBody = sha256.startsWith("STREAMING-")
    ? decodeChunked(raw)
    : { pieces: raw, trailers: {} };
  const sizeBytes = pieces.reduce<number>((sum, piece) => sum + piece.length, 0);
  const declared = header(request, "x-amz-decoded-content-length");
  if (declared !== "" && Number(declared) !== sizeBytes) throw new S3Error("IncompleteBody");
  if (/^[0-9a-f]{64}$/.test(sha256) && digest("sha256", pieces, "hex") !== sha256) {
    throw new S3Error("XAmzContentSHA256Mismatch");
  }
  checkMd5(header(request, "content-md5"), pieces);
  for (const algorithm of ["crc32", "sha1", "sha256"] as const) {
    const name = `x-amz-checksum-${algorithm}`;
    const expected = header(request, name) || trailers[name];
    if (expected !== undefined && expected !== "" && checksum(algorithm, pieces) !== expected)
      throw new S3Error("BadDigest");
  }
  return { pieces, sizeBytes };
}

function checkMd5(expected: string, pieces: readonly Buffer[]): void {
  if (expected === "") return;
  if (Buffer.from(expected, "base64").length !== 16) throw new S3Error("InvalidDigest");
  if (md5Of(pieces).toString("base64") !== expected) throw new S3Error("BadDigest");
}

function checksum(algorithm: "crc32" | "sha1" | "sha256", pieces: readonly Buffer[]): string {
  if (algorithm !== "crc32") return digest(algorithm, pieces, "base64");
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(pieces.reduce<number>((value, piece) => crc32(piece, value), 0));
  return bytes.toString("base64");
}

function digest(algorithm: "sha1" | "sha256", pieces: readonly Buffer[], encoding: "hex" | "base64"): string {
  const hash = createHash(algorithm);
  for (const piece of pieces) hash.update(piece);
  return hash.digest(encoding);
}

/** Frames are `<hex size>[;chunk-signature=…]CRLF<bytes>CRLF`; after the empty one come trailers as header lines. */
function decodeChunked(raw: readonly Buffer[]): DecodedBody {
  const all = Buffer.concat(raw);
  const pieces: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = all.indexOf("\r\n", offset);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(all.toString("latin1", offset, lineEnd), 16);
    if (Number.isNaN(size) || lineEnd + 2 + size > all.length) throw new S3Error("IncompleteBody");
    offset = lineEnd + 2;
    if (size === 0) break;
    pieces.push(all.subarray(offset, offset + size));
    offset += size + 2;
  }
  const lines = all.toString("latin1", offset).split("\r\n");
  const trailers = lines.map((line) => [
    line.slice(0, line.indexOf(":")).toLowerCase(),
    line.slice(line.indexOf(":") + 1).trim(),
  ]);
  return { pieces, trailers: Object.fromEntries(trailers) };
}
