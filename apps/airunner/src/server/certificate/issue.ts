// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, KeyObject, randomBytes, webcrypto, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { hostname } from "node:os";

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

const dayMs = 86_400_000;
/** Ten years: renewing an authority means telling every client. */
const authorityDays = 3650;
/** The longest that browsers accept of a server. */
const serverDays = 397;
/** Clients whose clocks are behind shall accept it at once. */
const backdateMs = 3_600_000;

const keyAlgorithm = { name: "ECDSA", namedCurve: "P-256" } as const;
const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const;

/** Makes an authority of this machine alone; it may sign servers and nothing that signs further. */
export async function createAuthority(nowMs: number): Promise<CertifiedKey> {
  const x509 = await loadLibrary();
  const keys = await generateKeys();
  const name = [{ O: ["airunner"] }, { CN: [`airunner local authority of ${hostname()}`.slice(0, 64)] }];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    ...validity(nowMs, authorityDays),
    signingAlgorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: keyPem(keys.privateKey) };
}

/**
 * Makes a server's certificate. `names` are host names and IP addresses.
 *
 * @returns `certificate` without the authority's
 */
export async function issueServerCertificate(
  authority: CertifiedKey,
  names: readonly string[],
  nowMs: number,
): Promise<CertifiedKey> {
  const x509 = await loadLibrary();
  const keys = await generateKeys();
  const signer = new x509.X509Certificate(authority.certificate);
  const signingKey = createPrivateKey(authority.key).toCryptoKey(keyAlgorithm, false, ["sign"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ O: ["airunner"] }, { CN: [(names[0] ?? "localhost").slice(0, 64)] }],
    issuer: signer.subject,
    ...validity(nowMs, Math.min(serverDays, (signer.notAfter.getTime() - nowMs) / dayMs)),
    signingAlgorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(signer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: keyPem(keys.privateKey) };
}

/** Names of a certificate that Node can read, as they were given to {@link issueServerCertificate}. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  const text = certificate.subjectAltName ?? "";
  const entries = text.split(", ").map((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1]);
  return entries.filter((name) => name !== undefined).map(compactIpv6);
}

/** OpenSSL writes `0:0:0:0:0:0:0:1`. */
function compactIpv6(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
}

/** Loaded when there is something to sign: most starts find a certificate. It wants the metadata API first. */
async function loadLibrary() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
}

function keyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}

/** 127 random bits, positive: as RFC 5280 wants them. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString("hex");
}

function validity(nowMs: number, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(nowMs - backdateMs), notAfter: new Date(nowMs + days * dayMs) };
}
