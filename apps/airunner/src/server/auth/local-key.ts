// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateFiles } from "../../client/certificate-folder.ts";
import { reasonOf, StartError } from "../start-error.ts";

/**
 * The public key of the tokens that this user's clients on this machine sign themselves. The pair is made with the
 * first start; who may read its file may do everything, and nobody but the user may.
 *
 * @returns PEM
 * @throws {StartError} where the file cannot be made, read or understood
 */
export async function ensureLocalKey(folder: string): Promise<string> {
  const path = join(folder, certificateFiles.tokenKey);
  try {
    await makeUnlessThere(folder, path);
    return createPublicKey(await readFile(path, "utf8"))
      .export({ type: "spki", format: "pem" })
      .toString();
  } catch (cause) {
    throw new StartError(
      `The key for tokens of this machine, ${path}, cannot be used (${reasonOf(cause)}); remove it so that a new one is made, set JWT_PUBLIC_KEY, or use --no-auth for development.`,
      { cause },
    );
  }
}

/** Whole or not at all; of two servers that start at once the second takes the first one's. */
async function makeUnlessThere(folder: string, path: string): Promise<void> {
  if ((await readFile(path).catch(ignoreMissing)) !== undefined) return;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const fresh = join(folder, `.${certificateFiles.tokenKey}.${randomUUID()}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(fresh, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
    await link(fresh, path).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
  } finally {
    await rm(fresh, { force: true });
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, "ENOENT")) throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return Error.isError(error) && "code" in error && error.code === code;
}
