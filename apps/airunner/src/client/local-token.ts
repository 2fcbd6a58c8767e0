// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createOwnTokens, createSigner, JwtError } from "@repo/jwt";
import { certificateFiles } from "./certificate-folder.ts";
import { ClientError } from "./client-error.ts";
import type { TokenProvider } from "./token-provider.ts";

/** Of a token; a new one is signed well before. */
const lifetimeSeconds = 3_600;

/**
 * Tokens signed with the key that a server of this user made in `folder` (see the server's `ensureLocalKey`): what
 * makes the commands work on one machine without any preparation. The subject is the user's name.
 *
 * @returns `undefined` where there is no such key
 * @throws {ClientError} `bad_setting` where it cannot be used
 */
export function localToken(folder: string): TokenProvider | undefined {
  const path = join(folder, certificateFiles.tokenKey);
  if (!existsSync(path)) return undefined;
  try {
    const signer = createSigner({
      algorithm: "ES256",
      privateKey: readFileSync(path, "utf8"),
      subject: path,
    });
    const tokens = createOwnTokens({ signer, issuer: "airunner", lifetimeSeconds });
    const identity = { audience: "airunner", subject: userInfo().username };
    return () => tokens.tokenFor(identity);
  } catch (cause) {
    const why = cause instanceof JwtError ? cause.message : "it cannot be read";
    throw new ClientError(
      "bad_setting",
      `the key for tokens of this machine, ${path}, cannot be used (${why.replace(/\.$/, "")}); give --token, or remove it and start the server again`,
      { cause },
    );
  }
}
