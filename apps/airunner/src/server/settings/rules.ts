// SPDX-License-Identifier: Apache-2.0
// What must hold between settings.
import type { SettingsProblem } from "@repo/service";
import { isLoopback } from "./fields.ts";
import type { Raw, RawSecrets, StoreType } from "./schema.ts";

/** Bytes that a secret must have: a shorter one could be found out from one token. */
const minSecretBytes = 32;
/** What no single field can know. */
export function findProblems(
  raw: Raw,
  secrets: RawSecrets,
  tokenSecrets: readonly string[],
): SettingsProblem[] {
  return [
    ...authProblems(raw, secrets),
    ...tlsProblems(raw),
    ...storeProblems(raw, secrets),
    ...(tokenSecrets.some((secret) => Buffer.byteLength(secret) < minSecretBytes)
      ? [
          {
            variable: isShort(secrets.AIRUNNER_TOKEN_SIGNING_SECRET)
              ? "AIRUNNER_TOKEN_SIGNING_SECRET"
              : "AIRUNNER_TOKEN_SIGNING_SECRETS_PREVIOUS",
            problem: `must have at least ${minSecretBytes} bytes ("openssl rand -base64 32" makes one)`,
          },
        ]
      : []),
  ];
}

function isShort(secret: string | undefined): boolean {
  return secret !== undefined && Buffer.byteLength(secret) < minSecretBytes;
}

function authProblems(raw: Raw, secrets: RawSecrets): SettingsProblem[] {
  const hasKeys = secrets.JWT_PUBLIC_KEY !== undefined;
  const hasJwks = raw.AIRUNNER_JWKS_URL !== undefined;
  if (raw.AIRUNNER_NO_AUTH) {
    if (isLoopback(raw.AIRUNNER_LISTEN) || raw.AIRUNNER_ALLOW_INSECURE) return [];
    return [
      {
        variable: "AIRUNNER_NO_AUTH",
        problem:
          "is refused where other machines reach the port, since everybody could run commands on the workers and read every job's secrets; listen on localhost, give a public key, or set AIRUNNER_ALLOW_INSECURE=true if something else keeps strangers out",
      },
    ];
  }
  if (hasKeys && hasJwks) {
    return [{ variable: "AIRUNNER_JWKS_URL", problem: "must not be set beside JWT_PUBLIC_KEY" }];
  }
  if (hasKeys || hasJwks || isLoopback(raw.AIRUNNER_LISTEN)) return [];
  return [
    {
      variable: "",
      problem:
        "callers from other machines cannot be authenticated: set JWT_PUBLIC_KEY (--jwt-public-key) or AIRUNNER_JWKS_URL (--jwks-url), or listen on localhost",
    },
  ];
}

function tlsProblems(raw: Raw): SettingsProblem[] {
  const { AIRUNNER_CERT: cert, AIRUNNER_KEY: key } = raw;
  if (raw.AIRUNNER_NO_TLS) {
    return cert === undefined && key === undefined
      ? []
      : [
          {
            variable: "AIRUNNER_NO_TLS",
            problem: "must not be set beside a certificate; leave one of them out",
          },
        ];
  }
  if (cert !== undefined && key === undefined)
    return [{ variable: "AIRUNNER_KEY", problem: "is required with a certificate" }];
  if (cert === undefined && key !== undefined)
    return [{ variable: "AIRUNNER_CERT", problem: "is required with a key" }];
  return [];
}

function storeProblems(raw: Raw, secrets: RawSecrets): SettingsProblem[] {
  const type = storeTypeOf(raw);
  if (raw.AIRUNNER_DATA_DIR !== undefined && type !== "sqlite") {
    return [
      {
        variable: "AIRUNNER_DATA_DIR",
        problem: `is for the sqlite store and means nothing to ${type}; leave it out`,
      },
    ];
  }
  if (type === "sqs" && secrets.AIRUNNER_TOKEN_SIGNING_SECRET === undefined) {
    return [
      {
        variable: "AIRUNNER_TOKEN_SIGNING_SECRET",
        problem: "is required with the store sqs, because all servers must read each other's tokens",
      },
    ];
  }
  return [];
}

/** A data directory alone asks for the store that has one. */
export function storeTypeOf(raw: Raw): StoreType {
  return raw.AIRUNNER_STORE ?? (raw.AIRUNNER_DATA_DIR === undefined ? "memory" : "sqlite");
}
