// SPDX-License-Identifier: Apache-2.0
// The X.509 library is built on decorators and wants this polyfill before its first import.
import "reflect-metadata";
import { generateKeyPairSync, KeyObject, randomBytes, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const lifetimeMs = 24 * 60 * 60 * 1000;
/** A test's clock may be set back a little against the one that made the certificate. */
const toleranceMs = 5 * 60 * 1000;

/** A certificate and its private key, both PEM; the key is PKCS#8. */
interface KeyAndCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A certificate authority for one test cluster; valid for a day. */
export interface CertificateAuthority {
  /** PEM, for a `--client-ca-file` or a kubeconfig. */
  readonly certificate: string;
  /** A certificate for a server that is reached by these DNS names and IP addresses. */
  issueServer(
    names: readonly { readonly type: "dns" | "ip"; readonly value: string }[],
  ): Promise<KeyAndCertificate>;
  /** A certificate that the API server takes for `user`, a member of `groups`. */
  issueClient(user: string, groups: readonly string[]): Promise<KeyAndCertificate>;
}

/** Makes a new authority with a P-256 key that never leaves this process. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await X509CertificateGenerator.createSelfSigned({
    ...validity(),
    serialNumber: serialNumber(),
    name: "CN=testkit",
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: root.toString("pem"),
    issueServer: (names) =>
      issue(root, keys.privateKey, "CN=kube-apiserver", [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([...names]),
      ]),
    issueClient: (user, groups) =>
      issue(
        root,
        keys.privateKey,
        [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))],
        [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
      ),
  };
}

/** The key pair that the API server signs service account tokens with; P-256, PEM. */
export function createSigningKeyPair(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

async function issue(
  root: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  subject: string | Record<string, string[]>[],
  extensions: Extension[],
): Promise<KeyAndCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.create({
    ...validity(),
    serialNumber: serialNumber(),
    subject,
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), ...extensions],
  });
  const privateKey = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { certificate: certificate.toString("pem"), privateKey: String(privateKey) };
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - toleranceMs), notAfter: new Date(now + lifetimeMs) };
}

/** Positive and non-zero as RFC 5280 demands: the first bit stays 0, the second is 1. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}
