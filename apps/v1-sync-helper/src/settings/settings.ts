// SPDX-License-Identifier: MIT
import { type Environment, loadEnvironment, loadSettings } from "@repo/service";
import type { z } from "zod";
import type { NatsAddress } from "./fields.ts";
import { healthSchema, secretsSchema, settingsSchema, stateSchema } from "./schema.ts";

/** What the service needs to know, without secrets; times in milliseconds. */
export interface Settings {
  /** Hosts and ports of the NATS servers. */
  readonly natsServers: string;
  /** Without a slash at the end. */
  readonly projectServiceUrl: string;
  readonly committeeServiceUrl: string | undefined;
  readonly heimdall: {
    readonly clientId: string;
    readonly keyId: string | undefined;
    readonly jwksUrl: URL;
  };
  readonly auth0: { readonly tenant: string; readonly clientId: string; readonly tokenUrl: URL };
  /** v1's gateway as typed, perhaps without a slash at its end. */
  readonly gatewayUrl: string;
  readonly health: HealthAddress;
  readonly isDebug: boolean;
  readonly isHttpDebug: boolean;
  readonly userCache: { readonly ttlMs: number; readonly refreshMs: number };
  readonly deletes: { readonly policy: "delete" | "ignore"; readonly maxPerHour: number };
  readonly allowlist: { readonly projects: readonly string[]; readonly families: readonly string[] };
  readonly maxInFlight: number;
  readonly buckets: {
    readonly canCreate: boolean;
    /** Bytes; -1 is no limit. */
    readonly objectsMaxBytes: number;
    readonly mappingsMaxBytes: number;
    readonly stateMaxBytes: number;
    readonly usersMaxBytes: number;
  };
  readonly claimMs: number;
  readonly requestTimeoutMs: number;
  readonly createSettleMs: number;
  /** 0 is never. */
  readonly sweepIntervalMs: number;
}

/** Apart from the settings, so that those can be logged. */
export interface Secrets {
  /** May hold credentials. */
  readonly natsUrl: string;
  /** RSA, PEM. */
  readonly heimdallPrivateKey: string;
  readonly auth0PrivateKey: string;
}

export interface HealthAddress {
  /** `*` is all interfaces. */
  readonly host: string;
  readonly port: number;
}

export interface LoadedSettings {
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Values that must appear in no output. */
  readonly hidden: readonly string[];
  /** Worth a warning once there is a logger. */
  readonly warnings: readonly string[];
}

const second = 1000;

function toSettings(raw: z.output<typeof settingsSchema>): Settings {
  return {
    natsServers: raw.NATS_URL.shown,
    projectServiceUrl: raw.PROJECT_SERVICE_URL,
    committeeServiceUrl: raw.COMMITTEE_SERVICE_URL,
    heimdall: {
      clientId: raw.HEIMDALL_CLIENT_ID,
      keyId: raw.HEIMDALL_KEY_ID,
      jwksUrl: raw.HEIMDALL_JWKS_URL,
    },
    auth0: {
      tenant: raw.AUTH0_TENANT,
      clientId: raw.AUTH0_CLIENT_ID,
      tokenUrl: raw.AUTH0_TOKEN_URL ?? new URL(`https://${raw.AUTH0_TENANT}.auth0.com/oauth/token`),
    },
    gatewayUrl: raw.LFX_API_GW,
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
      canCreate: raw.CREATE_BUCKETS,
      objectsMaxBytes: raw.V1_OBJECTS_MAX_BYTES,
      mappingsMaxBytes: raw.V1_MAPPINGS_MAX_BYTES,
      stateMaxBytes: raw.V1_SYNC_STATE_MAX_BYTES,
      usersMaxBytes: raw.V1_SYNC_USERS_MAX_BYTES,
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
  const { HEIMDALL_PRIVATE_KEY: heimdallPrivateKey, AUTH0_PRIVATE_KEY: auth0PrivateKey } = raw.secrets;
  const { url: natsUrl, secrets: natsSecrets } = raw.settings.NATS_URL;
  return {
    settings: toSettings(raw.settings),
    secrets: { natsUrl, heimdallPrivateKey, auth0PrivateKey },
    hidden: [heimdallPrivateKey, auth0PrivateKey, ...natsSecrets],
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
