// SPDX-License-Identifier: Apache-2.0
// The X.509 library is built on decorators and wants this polyfill before its first import.
import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 24 * 3_600_000;

/** What a TLS server of `node:https` takes. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /** For a server that is reached by `names`; `expiredAt` (milliseconds since 1970) makes it one of the past. */
  issue(names: readonly string[], expiredAt?: number): Promise<ServerCertificate>;
}

/** A certificate authority that nobody trusts yet. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 30 * dayMs),
    notAfter: new Date(Date.now() + dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    certificate: root.toString("pem"),
    issue: async (names, expiredAt = Date.now() + dayMs) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const certificate = await X509CertificateGenerator.create({
        serialNumber: "02",
        subject: "CN=server",
        issuer: root.subject,
        notBefore: new Date(Date.now() - 20 * dayMs),
        notAfter: new Date(expiredAt),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new SubjectAlternativeNameExtension(names.map((value) => ({ type: typeOf(value), value }))),
        ],
      });
      const key = KeyObject.from(own.privateKey).export({ type: "pkcs8", format: "pem" });
      return { cert: certificate.toString("pem"), key: String(key) };
    },
  };
}

function typeOf(name: string): "ip" | "dns" {
  return /^[\d.]+$/.test(name) ? "ip" : "dns";
}
