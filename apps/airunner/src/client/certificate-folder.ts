// SPDX-License-Identifier: Apache-2.0
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/**
 * What stands in the folder that `airunner-server` fills. Clients need the first, which is no secret and may be copied
 * to other machines; on the same machine also the last.
 */
export const certificateFiles = {
  /** Certificate of the local authority: what clients trust. */
  authority: "ca.pem",
  /** Its private key; signs again when the server's certificate runs out or gets another name. */
  authorityKey: "ca-key.pem",
  /** Certificate of the server, then the authority's. */
  certificate: "server.pem",
  key: "server-key.pem",
  /** Private key of the tokens by which this user's clients show themselves to this user's server. */
  tokenKey: "token-key.pem",
} as const;

/**
 * The folder where server and clients of one user look for certificates made by `airunner-server cert`: that of
 * `AIRUNNER_CERT_DIR`, else `airunner/certificates` in `$XDG_CONFIG_HOME` (`~/.config`). Need not exist.
 */
export function defaultCertificateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const named = env["AIRUNNER_CERT_DIR"]?.trim();
  if (named !== undefined && named !== "") return resolve(named);
  const config = env["XDG_CONFIG_HOME"];
  // The XDG specification wants relative paths ignored.
  const base = config !== undefined && isAbsolute(config) ? config : join(homeFolder(env), ".config");
  return join(base, "airunner", "certificates");
}

function homeFolder(env: Readonly<Record<string, string | undefined>>): string {
  const home = env["HOME"];
  return home !== undefined && isAbsolute(home) ? home : homedir();
}
