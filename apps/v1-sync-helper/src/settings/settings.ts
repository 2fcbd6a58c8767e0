// SPDX-License-Identifier: MIT
import type { Signer } from "@repo/jwt";
import { type Environment, loadEnvironment, loadSettings } from "@repo/service";
import type { z } from "zod";
import type { Gateway, NatsAddress } from "./fields.ts";
import { healthSchema, secretsSchema, settingsSchema, stateSchema } from "./schema.ts";

/** What the service needs to know; times in milliseconds. */
export interface Settings {
  readonly nats: NatsAddress;
  /** Without a slash at the end. */
  readonly projectServiceUrl: string;
  readonly committeeServiceUrl: string | undefined;
  readonly heimdall: {
    readonly clientId: string;
    readonly keyId: string | undefined;
    readonly jwksUrl: URL;
    /** PS256, without `kid`. */
    readonly signer: Signer;
  };
  readonly auth0: {
    readonly clientId: string;
    readonly tokenUrl: URL;
    /** Of the assertion: `https://{tenant}.auth0.com/`. */
    readonly assertionAudience: string;
    /** RS256. */
    readonly signer: Signer;
  };
  readonly gateway: Gateway;
  readonly health: HealthAddress;
  readonly isDebug: boolean;
  readonly isHttpDebug: boolean;
  readonly userCache: { readonly ttlMs: number; readonly refreshMs: number };
  readonly deletes: { readonly policy: "delete" | "ignore"; readonly maxPerHour: number };
  readonly allowlist: { readonly projects: readonly string[]; readonly families: readonly string[] };
  readonly maxInFlight: number;
  readonly buckets: {
    readonly create: boolean;
    /** Bytes; -1 is no limit. */
    readonly objectsMaxBytes: number;
    readonly mappingsMaxBytes: number;
  };
  readonly claimMs: number;
  readonly requestTimeoutMs: number;
  readonly createSettleMs: number;
  /** 0 is never. */
  readonly sweepIntervalMs: number;
}

export interface HealthAddress {
  /** `*` is all interfaces. */
  readonly host: string;
  readonly port: number;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Values that must appear in no output. */
  readonly secrets: readonly string[];
  /** Worth a warning once there is a logger. */
  readonly warnings: readonly string[];
}

const second = 1000;

function toSettings(raw: z.output<typeof settingsSchema>, secrets: z.output<typeof secretsSchema>): Settings {
  const issuer = `https://${raw.AUTH0_TENANT}.auth0.com/`;
  return {
    nats: raw.NATS_URL,
    projectServiceUrl: raw.PROJECT_SERVICE_URL,
    committeeServiceUrl: raw.COMMITTEE_SERVICE_URL,
    heimdall: {
      clientId: raw.HEIMDALL_CLIENT_ID,
      keyId: raw.HEIMDALL_KEY_ID,
      jwksUrl: raw.HEIMDALL_JWKS_URL,
      signer: secrets.HEIMDALL_PRIVATE_KEY.signer,
    },
    auth0: {
      clientId: raw.AUTH0_CLIENT_ID,
      tokenUrl: raw.AUTH0_TOKEN_URL ?? new URL("oauth/token", issuer),
      assertionAudience: issuer,
      signer: secrets.AUTH0_PRIVATE_KEY.signer,
    },
    gateway: raw.LFX_API_GW,
    health: { host: raw.BIND, port: raw.PORT },
    isDebug: raw.DEBUG,
    isHttpDebug: raw.HTTP_DEBUG,
    userCache: {
      ttlMs: raw.USER_CACHE_TTL_SECONDS * second,
      refreshMs: raw.USER_CACHE_REFRESH_SECONDS * second,
    },
    deletes: { policy: raw.DELETE_POLICY, maxPerHour: raw.MAX_DELETES_PER_HOUR },
    allowlist: { projects: raw.PROJECT_ALLOWLIST, families: raw.PROJECT_FAMILY_ALLOWLIST },
    maxInFlight: raw.MAX_IN_FLIGHT,
    buckets: {
      create: raw.CREATE_BUCKETS,
      objectsMaxBytes: raw.V1_OBJECTS_MAX_BYTES,
      mappingsMaxBytes: raw.V1_MAPPINGS_MAX_BYTES,
    },
    claimMs: raw.CLAIM_SECONDS * second,
    requestTimeoutMs: raw.REQUEST_TIMEOUT_SECONDS * second,
    createSettleMs: raw.CREATE_SETTLE_SECONDS * second,
    sweepIntervalMs: raw.SWEEP_INTERVAL_SECONDS * second,
  };
}

/**
 * Reads the environment of the service.
 *
 * @throws {SettingsError} naming every bad variable at once
 */
export function loadSyncSettings(env: Environment): LoadedSettings {
  const warnings: string[] = [];
  const raw = loadEnvironment({ settings: settingsSchema, secrets: secretsSchema }, env, {
    onTrimmed: (variable) => {
      // PEM text does by nature.
      if (!variable.endsWith("_PRIVATE_KEY"))
        warnings.push(`${variable} ended in a line break, which was dropped`);
    },
  });
  if (raw.settings.COMMITTEE_SERVICE_URL === undefined)
    warnings.push("COMMITTEE_SERVICE_URL is not set: committees and members are parked");
  return {
    settings: toSettings(raw.settings, raw.secrets),
    secrets: [...Object.values(raw.secrets).map(({ text }) => text), ...raw.settings.NATS_URL.secrets],
    warnings,
  };
}

/**
 * Reads what the commands need that look at the state alone.
 *
 * @throws {SettingsError}
 */
export function loadNatsAddress(env: Environment): NatsAddress {
  return loadSettings(stateSchema, env).NATS_URL;
}

/**
 * Reads where an instance of the same environment answers.
 *
 * @throws {SettingsError}
 */
export function loadHealthAddress(env: Environment): HealthAddress {
  const { BIND: host, PORT: port } = loadSettings(healthSchema, env);
  return { host, port };
}
