// SPDX-License-Identifier: Apache-2.0
// The X.509 library is built on decorators and wants this polyfill before its first import.
import "reflect-metadata";
import { KeyObject, randomInt, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const DAY_MS = 24 * 60 * 60 * 1000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate and its private key, PEM, and the certificate that a client must trust. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly privateKey: string;
  readonly caCertificate: string;
}

export interface TlsOptions {
  /** IP addresses and DNS names of the certificate. Default 127.0.0.1. */
  readonly names?: readonly { readonly type: "ip" | "dns"; readonly value: string }[];
  /** Ended yesterday. */
  readonly isExpired?: boolean;
}

/** Makes a self-signed certificate, valid for a day either way of now. */
export async function createTlsIdentity(options: TlsOptions = {}): Promise<TlsIdentity> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const names = options.names ?? [{ type: "ip", value: "127.0.0.1" }];
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomInt(1, 2 ** 31)
      .toString(16)
      .padStart(8, "0"),
    name: "CN=fault-s3",
    notBefore: new Date(Date.now() - 2 * DAY_MS),
    notAfter: new Date(Date.now() + (options.isExpired === true ? -DAY_MS : DAY_MS)),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new SubjectAlternativeNameExtension([...names]),
    ],
  });
  const pem = certificate.toString("pem");
  const privateKey = String(KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }));
  return { certificate: pem, privateKey, caCertificate: pem };
}
