// SPDX-License-Identifier: Apache-2.0
import { type Environment, loadEnvironment, loadSettings, SettingsError } from "@repo/service";
import { defaultCertificateFolder } from "../../client/certificate-folder.ts";
import { isLoopback, type ListenAddress } from "./fields.ts";
import { findProblems, storeTypeOf } from "./rules.ts";
import {
  largestBatchBytes,
  type Raw,
  type RawSecrets,
  secretsSchema,
  settingsSchema,
  variableAliases,
} from "./schema.ts";

export type TlsSettings =
  | { readonly kind: "off" }
  | { readonly kind: "files"; readonly cert: string; readonly key: string }
  /** A certificate that is made there if there is none; `name` shall be one of its names. */
  | { readonly kind: "folder"; readonly folder: string; readonly name: string | undefined };

interface TokenRules {
  readonly issuer: string | undefined;
  readonly audience: readonly string[] | undefined;
}

export type AuthSettings =
  | { readonly kind: "none" }
  /** Tokens signed with a key that is made in the folder: those of this user's clients on this machine. */
  | { readonly kind: "local"; readonly folder: string }
  /** PEM, one or several keys. */
  | ({ readonly kind: "keys"; readonly keys: string } & TokenRules)
  | ({ readonly kind: "jwks"; readonly url: URL } & TokenRules);

export type StoreSettings =
  | {
      readonly type: "memory";
      readonly retentionMs: number;
      readonly eventBytesInMemory: number;
      readonly maxEventBytes: number;
      readonly maxUnfinishedJobs: number;
      readonly maxFinishedJobs: number;
    }
  | { readonly type: "sqlite"; readonly dataDir: string | undefined; readonly retentionMs: number }
  | { readonly type: "sqs"; readonly retentionMs: number };

/** How workers gather output; see the protocol's ExecutionConfig. */
export interface ExecutionSettings {
  readonly flushIntervalSeconds: number;
  readonly maxBatchSize: number;
  readonly maxBatchBytes: number;
  readonly playbackIntervalMs: number;
  readonly heartbeatIntervalSeconds: number;
  readonly outputFlushIntervalMs: number;
}

export interface ServerSettings {
  readonly listen: ListenAddress;
  readonly health: ListenAddress | undefined;
  readonly tls: TlsSettings;
  readonly auth: AuthSettings;
  readonly store: StoreSettings;
  readonly corsOrigins: readonly string[];
  readonly execution: ExecutionSettings;
  readonly defaultLeaseSeconds: number;
  readonly drainMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

export interface LoadedSettings {
  readonly settings: ServerSettings;
  /** The current one first; empty where one is to be made at each start. */
  readonly tokenSecrets: readonly string[];
  /** Worth a line in the log once there is a logger. */
  readonly warnings: readonly string[];
}

const dayMs = 86_400_000;
const mib = 1_048_576;

/**
 * Reads the environment, over which the flags have been laid.
 *
 * @throws {SettingsError} naming every bad variable at once, never a value
 */
export function loadServerSettings(env: Environment): LoadedSettings {
  const warnings: string[] = [];
  const raw = loadEnvironment({ settings: settingsSchema, secrets: secretsSchema }, resolveAliases(env), {
    onTrimmed: (variable) => warnings.push(`${variable} ended in a line break, which was dropped`),
  });
  const tokenSecrets = toTokenSecrets(raw.secrets);
  const problems = findProblems(raw.settings, raw.secrets, tokenSecrets);
  if (problems.length > 0) throw new SettingsError(problems);
  const settings = toSettings(raw.settings, raw.secrets, env);
  if (raw.settings.AIRUNNER_EXEC_BATCH_MAX_BYTES > largestBatchBytes)
    warnings.push(
      `AIRUNNER_EXEC_BATCH_MAX_BYTES is more than a store takes in one event; ${largestBatchBytes} is used`,
    );
  return { settings, tokenSecrets, warnings: [...warnings, ...findWarnings(settings)] };
}

/**
 * Where a server with this environment has its health endpoints.
 *
 * @throws {SettingsError}
 */
export function loadHealthAddress(env: Environment): ListenAddress | undefined {
  return loadSettings(settingsSchema.pick({ AIRUNNER_HEALTH_LISTEN: true }), env).AIRUNNER_HEALTH_LISTEN;
}

function resolveAliases(env: Environment): Environment {
  const resolved: Record<string, string | undefined> = { ...env };
  const isSet = (name: string): boolean => (env[name] ?? "").trim() !== "";
  for (const [alias, name] of Object.entries(variableAliases)) {
    for (const suffix of ["", "_FILE"]) {
      if (isSet(alias + suffix) && !isSet(name) && !isSet(`${name}_FILE`))
        resolved[name + suffix] = env[alias + suffix];
    }
  }
  return resolved;
}

function toTokenSecrets(secrets: RawSecrets): readonly string[] {
  const previous = (secrets.AIRUNNER_TOKEN_SIGNING_SECRETS_PREVIOUS ?? "").split(/[\s,]+/);
  return [...new Set([secrets.AIRUNNER_TOKEN_SIGNING_SECRET ?? "", ...previous])].filter(
    (secret) => secret !== "",
  );
}

function toSettings(raw: Raw, secrets: RawSecrets, env: Environment): ServerSettings {
  return {
    listen: raw.AIRUNNER_LISTEN,
    health: raw.AIRUNNER_HEALTH_LISTEN,
    tls: toTls(raw, env),
    auth: toAuth(raw, secrets, env),
    store: toStore(raw),
    corsOrigins: toOrigins(raw),
    execution: {
      flushIntervalSeconds: raw.AIRUNNER_EXEC_BATCH_FLUSH_INTERVAL,
      maxBatchSize: raw.AIRUNNER_EXEC_BATCH_MAX_SIZE,
      maxBatchBytes: Math.min(raw.AIRUNNER_EXEC_BATCH_MAX_BYTES, largestBatchBytes),
      playbackIntervalMs: raw.AIRUNNER_EXEC_PLAYBACK_INTERVAL,
      heartbeatIntervalSeconds: raw.AIRUNNER_EXEC_HEARTBEAT_INTERVAL,
      outputFlushIntervalMs: raw.AIRUNNER_EXEC_OUTPUT_FLUSH_INTERVAL,
    },
    defaultLeaseSeconds: raw.AIRUNNER_DEFAULT_VISIBILITY_TIMEOUT,
    drainMs: raw.AIRUNNER_DRAIN_TIMEOUT,
    logLevel: raw.AIRUNNER_LOG_LEVEL,
  };
}

function toTls(raw: Raw, env: Environment): TlsSettings {
  const { AIRUNNER_CERT: cert, AIRUNNER_KEY: key } = raw;
  if (raw.AIRUNNER_NO_TLS) return { kind: "off" };
  if (cert !== undefined && key !== undefined) return { kind: "files", cert, key };
  const name = raw.AIRUNNER_HOSTNAME?.replace(/:\d+$/, "");
  return { kind: "folder", folder: defaultCertificateFolder(env), name };
}

function toAuth(raw: Raw, secrets: RawSecrets, env: Environment): AuthSettings {
  const rules = { issuer: raw.AIRUNNER_JWT_ISSUER, audience: raw.AIRUNNER_JWT_AUDIENCE };
  if (raw.AIRUNNER_NO_AUTH) return { kind: "none" };
  if (raw.AIRUNNER_JWKS_URL !== undefined) return { kind: "jwks", url: raw.AIRUNNER_JWKS_URL, ...rules };
  if (secrets.JWT_PUBLIC_KEY !== undefined) return { kind: "keys", keys: secrets.JWT_PUBLIC_KEY, ...rules };
  return { kind: "local", folder: defaultCertificateFolder(env) };
}

function toStore(raw: Raw): StoreSettings {
  const retentionMs = raw.AIRUNNER_EVENTS_TTL_DAYS * dayMs;
  const type = storeTypeOf(raw);
  switch (type) {
    case "memory":
      return {
        type,
        retentionMs,
        eventBytesInMemory: raw.AIRUNNER_EVENT_MEMORY_MIB * mib,
        maxEventBytes: raw.AIRUNNER_EVENT_MAX_MIB * mib,
        maxUnfinishedJobs: raw.AIRUNNER_MAX_UNFINISHED_JOBS,
        maxFinishedJobs: raw.AIRUNNER_MAX_FINISHED_JOBS,
      };
    case "sqlite":
      return { type, retentionMs, dataDir: raw.AIRUNNER_DATA_DIR };
    case "sqs":
      return { type, retentionMs };
    default:
      return type satisfies never;
  }
}

/** The program before this one allowed its own host name, but without the scheme that every browser sends. */
function toOrigins(raw: Raw): readonly string[] {
  const own = raw.AIRUNNER_HOSTNAME === undefined ? [] : [new URL(`https://${raw.AIRUNNER_HOSTNAME}`).origin];
  return [...new Set([...raw.AIRUNNER_CORS_ORIGINS, ...own])];
}

function findWarnings({ auth, tls, listen }: ServerSettings): string[] {
  const isOpen = !isLoopback(listen);
  return [
    ...(auth.kind === "none"
      ? ["authentication is off: everybody who reaches the port may do everything"]
      : []),
    ...(tls.kind === "off" && isOpen ? ["TLS is off: tokens and output cross the network in the clear"] : []),
  ];
}
