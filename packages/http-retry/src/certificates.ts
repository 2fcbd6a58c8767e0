// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from "node:crypto";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/**
 * What a server's certificate may be signed by: the authorities Node trusts (`NODE_EXTRA_CA_CERTS` among them) and those
 * of `caPem`, one or more PEM certificates. Made once per client: reading some 150 authorities takes milliseconds.
 *
 * @throws {TypeError} when `caPem` holds no certificate, or one that cannot be read
 */
export function createTrust(caPem: string): SecureContext {
  return createSecureContext({ ca: [...getCACertificates("default"), ...parseCertificates(caPem)] });
}

function parseCertificates(pem: string): readonly string[] {
  const blocks = pem.match(
    /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g,
  );
  if (blocks === null) {
    throw new TypeError("The CA certificate is not PEM: it must hold a block -----BEGIN CERTIFICATE-----.");
  }
  for (const [index, block] of blocks.entries()) {
    try {
      void new X509Certificate(block);
    } catch (error) {
      throw new TypeError(
        `Certificate ${index + 1} of ${blocks.length} in the CA certificates cannot be read.`,
        {
          cause: error,
        },
      );
    }
  }
  return blocks;
}
