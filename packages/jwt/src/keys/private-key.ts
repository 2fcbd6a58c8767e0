// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, type KeyObject } from "node:crypto";
import { JwtError } from "../errors.ts";
import { keyMismatch, type SigningAlgorithm } from "./algorithms.ts";
import { type PemBlock, parsePemBlocks } from "./pem.ts";

/**
 * The first private key of a PEM text: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`), also after
 * `EC PARAMETERS`, which `openssl ecparam -genkey` writes before the key.
 *
 * @param subject how messages name the key, such as "HEIMDALL_PRIVATE_KEY"
 * @throws {JwtError} `key_unusable`, saying in one sentence what the text is instead; never with a part of it
 */
export function parsePrivateKey(text: string, algorithm: SigningAlgorithm, subject: string): KeyObject {
  const block = privateKeyBlock(parsePemBlocks(text, subject), subject);
  const key = readPrivateKey(block, subject);
  const mismatch = keyMismatch(key, algorithm);
  if (mismatch !== undefined) throw new JwtError("key_unusable", `${subject} ${mismatch}`);
  return key;
}

function privateKeyBlock(blocks: readonly PemBlock[], subject: string): PemBlock {
  const block = blocks.find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined) {
    const labels = [...new Set(blocks.map(({ label }) => `"${label}"`))].join(", ");
    throw new JwtError("key_unusable", `${subject} holds ${labels} but no private key.`);
  }
  if (block.isEncrypted) {
    throw new JwtError(
      "key_unusable",
      `${subject} is encrypted with a passphrase; give it decrypted ("openssl pkey -in FILE" writes it so).`,
    );
  }
  if (block.label === "OPENSSH PRIVATE KEY") {
    throw new JwtError(
      "key_unusable",
      `${subject} is in OpenSSH's own form; convert a copy with "ssh-keygen -p -m PKCS8 -f FILE".`,
    );
  }
  return block;
}

function readPrivateKey(block: PemBlock, subject: string): KeyObject {
  try {
    return createPrivateKey(block.text);
  } catch (cause) {
    throw new JwtError(
      "key_unusable",
      `${subject} is damaged: its "${block.label}" block does not hold a readable key.`,
      { cause },
    );
  }
}
