// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { defaultCertificateFolder } from "./certificate-folder.ts";
import { ClientError } from "./client-error.ts";

/** Certificates that may vouch for a server. */
export interface Trust {
  /** PEM texts. */
  readonly certificates: readonly string[];
  /** For messages: where they come from. */
  readonly source: string;
}

export interface TrustOptions {
  /** File of `--ca-cert`. */
  readonly caCert?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Finds what a server's certificate is checked against. `--ca-cert`, else `AIRUNNER_CA_CERT`, counts alone. Without
 * them the authority that `airunner-server cert` made in its default folder counts beside those that programs of
 * this machine trust: of `SSL_CERT_FILE`, as with Go, else the public ones and the system's.
 *
 * @throws {ClientError} `bad_setting` where a named file holds no certificate
 */
export function loadTrust({ caCert, env }: TrustOptions): Trust {
  const named = [
    ["--ca-cert", caCert],
    ["AIRUNNER_CA_CERT", env["AIRUNNER_CA_CERT"]],
  ] as const;
  for (const [name, path] of named) {
    if (path === undefined || path === "") continue;
    return { certificates: readCertificates(name, path), source: `${name} (${path})` };
  }
  const general = generalTrust(env["SSL_CERT_FILE"]);
  const own = join(defaultCertificateFolder(env), "ca.pem");
  if (!existsSync(own)) return general;
  return {
    certificates: [...new Set([...general.certificates, ...readCertificates("the certificate folder", own)])],
    source: `${general.source} or ${own}`,
  };
}

function generalTrust(certFile: string | undefined): Trust {
  if (certFile !== undefined && certFile !== "") {
    const name = "SSL_CERT_FILE";
    return { certificates: readCertificates(name, certFile), source: `${name} (${certFile})` };
  }
  const certificates = [...getCACertificates("default"), ...getCACertificates("system")];
  return { certificates: [...new Set(certificates)], source: "this machine's authorities" };
}

function readCertificates(name: string, path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const why = Error.isError(cause) && "code" in cause ? String(cause.code) : "unknown reason";
    throw new ClientError("bad_setting", `${name} names ${path}, which cannot be read (${why})`, { cause });
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new ClientError("bad_setting", `${name} names ${path}, which holds no certificate in PEM form`);
  }
  for (const block of blocks) {
    try {
      void new X509Certificate(block);
    } catch (cause) {
      throw new ClientError("bad_setting", `${name} names ${path}, which holds a damaged certificate`, {
        cause,
      });
    }
  }
  return blocks;
}
