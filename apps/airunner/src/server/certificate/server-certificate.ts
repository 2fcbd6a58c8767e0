// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { reasonOf, StartError } from "../start-error.ts";

/** What the listener needs for TLS, and what an operator wants to know of it. */
export interface ServerCertificate {
  /** PEM; the server's certificate first, then those that vouch for it. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** SHA-256 of the server's certificate, as `AB:CD:…`. */
  readonly fingerprint: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * Reads the files of `--cert` and `--key`.
 *
 * @throws {StartError} where one cannot be read, is no PEM, has run out, is refused by TLS, or they do not belong together
 */
export async function readServerCertificate(
  files: { readonly cert: string; readonly key: string },
  nowMs: number,
): Promise<ServerCertificate> {
  const certificate = await readText(files.cert, "--cert");
  const key = await readText(files.key, "--key");
  const parsed = parseCertificate(certificate);
  if (parsed === undefined) {
    throw new StartError(`--cert names ${files.cert}, which does not hold a certificate in PEM form.`);
  }
  const isPair = matches(parsed, key);
  if (isPair === undefined) {
    throw new StartError(
      `--key names ${files.key}, which does not hold an unencrypted private key in PEM form.`,
    );
  }
  if (!isPair) {
    throw new StartError(
      `--key names ${files.key}, which is not the key of the certificate in ${files.cert}.`,
    );
  }
  const described = describe(parsed, certificate, key);
  if (described.expiresAtMs <= nowMs) {
    const end = new Date(described.expiresAtMs).toISOString();
    throw new StartError(
      `--cert names ${files.cert}, which ran out at ${end}; give a certificate that is valid.`,
    );
  }
  const refusal = refusalOfTls(certificate, key);
  if (refusal !== undefined) {
    throw new StartError(
      `--cert names ${files.cert}, which TLS cannot use (${refusal}); give a chain of certificates in PEM form with a key of today's length.`,
    );
  }
  return described;
}

/** A key that is too short, or something else than a certificate in the chain: found here, where the file is known. */
function refusalOfTls(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    // As "error:0A00018F:SSL routines::ee key too small".
    const said = Error.isError(error) ? error.message : "unknown reason";
    return said.split("::").at(-1);
  }
}

export function describe(parsed: X509Certificate, certificate: string, key: string): ServerCertificate {
  return {
    certificate,
    key,
    fingerprint: parsed.fingerprint256,
    expiresAtMs: parsed.validToDate.getTime(),
  };
}

/** The first certificate of a PEM text; `undefined` where there is none. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** `undefined` where `key` is none. */
export function matches(certificate: X509Certificate, key: string): boolean | undefined {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return undefined;
  }
}

async function readText(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new StartError(`${flag} names ${path}, which cannot be read (${reasonOf(cause)}).`, { cause });
  }
}
