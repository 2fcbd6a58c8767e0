// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readSync } from "node:fs";

const maxBytes = 65_536;

/**
 * Reads a secret out of a file, as Kubernetes and Docker mount them.
 *
 * @returns its text without line breaks at the end, or a problem that names the path and nothing of the content
 */
export function readSecretFile(path: string): { readonly text: string } | { readonly problem: string } {
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    return { problem: `names a file that cannot be read: ${path} (${reasonOf(error)})` };
  }
  if (bytes.length > maxBytes) return { problem: `names a file of more than ${maxBytes} bytes: ${path}` };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/[\r\n]+$/, "");
    return text.trim() === "" ? { problem: `names an empty file: ${path}` } : { text };
  } catch {
    return { problem: `names a file that is not UTF-8 text: ${path}` };
  }
}

/** At most one byte more than allowed, whatever the path turns out to be (`/dev/zero` has no end). */
function readBounded(path: string): Buffer {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function reasonOf(error: unknown): string {
  const code = Error.isError(error) && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a directory";
    default:
      return typeof code === "string" ? code : "unknown reason";
  }
}
