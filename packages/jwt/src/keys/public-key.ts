// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, type KeyObject } from "node:crypto";
import { JwtError } from "../errors.ts";
import { keyMismatch, type VerifyingAlgorithm } from "./algorithms.ts";
import { type PemBlock, parsePemBlocks } from "./pem.ts";

/** A key that verifies, and the algorithms of the allow-list that it fits. */
export interface PublicKey {
  readonly key: KeyObject;
  readonly algorithms: ReadonlySet<VerifyingAlgorithm>;
}

/**
 * The public keys of a PEM text: every `PUBLIC KEY` and `RSA PUBLIC KEY` in it or, when there is none, that of its
 * first certificate. Further certificates are a chain's authorities, whose keys must not sign tokens; dates, names and
 * signature of a certificate are not looked at.
 *
 * @param subject how messages name the text, such as "JWT_PUBLIC_KEY"
 * @throws {JwtError} `key_unusable` when there is none, one is damaged, or one fits none of the algorithms
 */
export function parsePublicKeys(
  text: string,
  algorithms: readonly VerifyingAlgorithm[],
  subject: string,
): readonly PublicKey[] {
  const blocks = publicKeyBlocks(parsePemBlocks(text, subject), subject);
  return blocks.map((block) => {
    const key = readPublicKey(block, subject);
    const mismatches = algorithms.map((algorithm) => ({ algorithm, reason: keyMismatch(key, algorithm) }));
    const fitting = mismatches.filter(({ reason }) => reason === undefined);
    if (fitting.length === 0) {
      throw new JwtError("key_unusable", `${subject} ${mismatches.map(({ reason }) => reason).join(" It ")}`);
    }
    return { key, algorithms: new Set(fitting.map(({ algorithm }) => algorithm)) };
  });
}

function publicKeyBlocks(blocks: readonly PemBlock[], subject: string): readonly PemBlock[] {
  if (blocks.some(({ label }) => label.endsWith("PRIVATE KEY"))) {
    // Node would take the public half; but a verifier that holds the private key is a mistake to report.
    throw new JwtError(
      "key_unusable",
      `${subject} holds a private key; give only the public key ("openssl pkey -in FILE -pubout" writes it).`,
    );
  }
  const keys = blocks.filter(({ label }) => label === "PUBLIC KEY" || label === "RSA PUBLIC KEY");
  const found = keys.length > 0 ? keys : blocks.filter(({ label }) => label === "CERTIFICATE").slice(0, 1);
  if (found.length === 0) {
    const labels = [...new Set(blocks.map(({ label }) => `"${label}"`))].join(", ");
    throw new JwtError("key_unusable", `${subject} holds ${labels} but no public key.`);
  }
  return found;
}

function readPublicKey(block: PemBlock, subject: string): KeyObject {
  try {
    return createPublicKey(block.text);
  } catch (cause) {
    throw new JwtError(
      "key_unusable",
      `${subject} is damaged: its "${block.label}" block does not hold a readable key.`,
      { cause },
    );
  }
}
