// SPDX-License-Identifier: Apache-2.0
import { homedir } from "node:os";
import { join } from "node:path";

/** Files in the certificate folder. */
export const certificateFiles = { authority: "ca.pem", certificate: "cert.pem", key: "key.pem" } as const;

/**
 * Where `airunner-server cert` writes and the server and the CLI look: `$AIRUNNER_CERT_DIR`, else `airunner/certs`
 * in `$XDG_DATA_HOME` or `~/.local/share`.
 */
export function defaultCertificateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const own = env["AIRUNNER_CERT_DIR"];
  if (own !== undefined && own !== "") return own;
  const data = env["XDG_DATA_HOME"];
  const home = env["HOME"];
  const base =
    data !== undefined && data !== ""
      ? data
      : join(home !== undefined && home !== "" ? home : homedir(), ".local", "share");
  return join(base, "airunner", "certs");
}
