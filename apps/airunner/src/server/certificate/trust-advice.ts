// SPDX-License-Identifier: Apache-2.0
import type { LocalCertificate } from "./local-certificate.ts";

/** One line for a log: how clients come to trust a server with such a certificate. */
export function trustInOneLine({ authorityFile }: LocalCertificate): string {
  return `airunner-cli of this user trusts it by itself; elsewhere copy ${authorityFile} and give it to --ca-cert or AIRUNNER_CA_CERT (other programs: SSL_CERT_FILE, curl --cacert)`;
}

/** What `airunner-server cert` prints. */
export function trustInstructions(local: LocalCertificate): string {
  const made = {
    nothing: "The certificate that is there is still good",
    certificate: "Made a certificate, signed by the authority that was there",
    authority: "Made a local authority, and a certificate signed by it",
  }[local.made];
  return [
    `${made}: ${local.folder}`,
    "",
    `  names        ${local.names.join(", ")}`,
    `  valid until  ${new Date(local.expiresAtMs).toISOString()}`,
    `  SHA-256      ${local.fingerprint}`,
    "",
    "airunner-server of this user serves it by itself, and renews it a month before it runs out.",
    "How clients trust it:",
    "  airunner-cli of this user on this machine does by itself.",
    `  Elsewhere copy ${local.authorityFile} (it is no secret), then one of:`,
    "    airunner-cli --ca-cert ca.pem …      or   export AIRUNNER_CA_CERT=/path/to/ca.pem",
    "    Go programs on Linux:  export SSL_CERT_FILE=/path/to/ca.pem",
    "    Node programs:         export NODE_EXTRA_CA_CERTS=/path/to/ca.pem",
    "    curl:                  curl --cacert ca.pem https://localhost:8080/health",
    "  Never copy ca-key.pem: whoever has it can make certificates that your clients trust.",
  ].join("\n");
}
