// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from "node:crypto";

/** What we sign with (RFC 7518 section 3.1). */
export type SigningAlgorithm = "PS256" | "ES256" | "RS256";

/** What we can verify: signatures by key pairs only, so that no public key is ever taken for an HMAC secret. */
export type VerifyingAlgorithm =
  | SigningAlgorithm
  | "PS384"
  | "PS512"
  | "RS384"
  | "RS512"
  | "ES384"
  | "ES512"
  | "EdDSA";

type KeyShape =
  | { readonly kind: "rsa" }
  | { readonly kind: "ec"; readonly namedCurve: string }
  | { readonly kind: "ed25519" };

const RSA: KeyShape = { kind: "rsa" };
const SHAPES: Readonly<Record<VerifyingAlgorithm, KeyShape>> = {
  PS256: RSA,
  PS384: RSA,
  PS512: RSA,
  RS256: RSA,
  RS384: RSA,
  RS512: RSA,
  ES256: { kind: "ec", namedCurve: "prime256v1" },
  ES384: { kind: "ec", namedCurve: "secp384r1" },
  ES512: { kind: "ec", namedCurve: "secp521r1" },
  EdDSA: { kind: "ed25519" },
};

const CURVE_NAMES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};
const TYPE_NAMES: Readonly<Record<string, string>> = {
  rsa: "an RSA key",
  "rsa-pss": "an RSA key restricted to PSS (id-RSASSA-PSS)",
  ed25519: "an Ed25519 key",
  ed448: "an Ed448 key",
  x25519: "an X25519 key",
  x448: "an X448 key",
  dsa: "a DSA key",
  dh: "a DH key",
};
/** RFC 7518 sections 3.3 and 3.5. */
const MIN_RSA_BITS = 2048;

export function isVerifyingAlgorithm(name: unknown): name is VerifyingAlgorithm {
  return typeof name === "string" && Object.hasOwn(SHAPES, name);
}

export function isSigningAlgorithm(name: unknown): name is SigningAlgorithm {
  return name === "PS256" || name === "ES256" || name === "RS256";
}

/**
 * Why `key` cannot serve `algorithm`, to follow a subject: "is an EC key on curve P-384; ES256 needs …".
 * `undefined` when it can.
 */
export function keyMismatch(key: KeyObject, algorithm: VerifyingAlgorithm): string | undefined {
  const shape = SHAPES[algorithm];
  if (key.asymmetricKeyType !== shape.kind) {
    return `is ${describeKey(key)}; ${algorithm} needs ${describeShape(shape)}.`;
  }
  if (shape.kind === "ec" && key.asymmetricKeyDetails?.namedCurve !== shape.namedCurve) {
    return `is ${describeKey(key)}; ${algorithm} needs ${describeShape(shape)}.`;
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (shape.kind === "rsa" && (bits === undefined || bits < MIN_RSA_BITS)) {
    return `is an RSA key of ${bits ?? 0} bits; ${algorithm} needs at least ${MIN_RSA_BITS} bits.`;
  }
  return undefined;
}

function describeKey(key: KeyObject): string {
  const type = key.asymmetricKeyType ?? "unknown";
  if (type !== "ec") return TYPE_NAMES[type] ?? `a key of type ${type}`;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return curve === undefined ? "an EC key without a named curve" : `an EC key on curve ${curveName(curve)}`;
}

function describeShape(shape: KeyShape): string {
  switch (shape.kind) {
    case "rsa":
      return "an RSA key";
    case "ec":
      return `an EC key on curve ${curveName(shape.namedCurve)}`;
    case "ed25519":
      return "an Ed25519 key";
  }
}

function curveName(namedCurve: string): string {
  return CURVE_NAMES[namedCurve] ?? namedCurve;
}
