// SPDX-License-Identifier: Apache-2.0
import { type Environment, loadEnvironment } from "@repo/service";
import type { z } from "zod";
import type { Comparison } from "../outcome/summary.ts";
import type { Role, Side } from "../side.ts";
import { secretsSchema, settingsSchema } from "./schema.ts";

type RawSettings = z.output<typeof settingsSchema>;
type RawSecrets = z.output<typeof secretsSchema>;

/** What a job needs to know; times in milliseconds. */
export interface Settings {
  readonly source: Side;
  readonly destination: Side;
  readonly destinationStorageClass: string;
  readonly createDestinationBucket: boolean;
  readonly isDryRun: boolean;
  /** -1 is no limit, which also means no plan and no guard. */
  readonly maxDelete: number;
  readonly maxDeletePercent: number | undefined;
  readonly allowsEmptySource: boolean;
  readonly compare: Comparison;
  readonly verify: "none" | "check" | "download";
  readonly preservesMetadata: boolean;
  readonly retries: number;
  readonly retriesSleepMs: number;
  readonly bandwidthLimit: string | undefined;
  readonly transfers: number;
  readonly checkers: number;
  readonly wantsFastList: boolean;
  /** Looks for names that rclone leaves out without a word. */
  readonly checksNames: boolean;
  readonly listCutoff: number | undefined;
  readonly maxBufferMemory: string | undefined;
  readonly connectTimeoutMs: number;
  readonly ioTimeoutMs: number;
  /** 0 is no budget. */
  readonly maxDurationMs: number;
  readonly statsIntervalMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** PEM text. */
  readonly caCert: string | undefined;
  readonly skipsCertificateCheck: boolean;
  readonly health: { readonly host: string; readonly port: number } | undefined;
  readonly rclonePath: string;
  readonly configDir: string;
  readonly terminationLogPath: string;
  readonly pushgatewayUrl: URL | undefined;
  readonly webhookUrl: URL | undefined;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Values that must appear in no output. */
  readonly secrets: readonly string[];
  /** Worth a warning once there is a logger. */
  readonly warnings: readonly string[];
}

function toSide(role: Role, settings: RawSettings, secrets: RawSecrets): Side {
  const of = role === "source" ? "SOURCE" : "DEST";
  const sessionToken = secrets[`${of}_SESSION_TOKEN`];
  return {
    role,
    endpoint: settings[`${of}_S3_ENDPOINT`],
    bucket: settings[`${of}_BUCKET`],
    prefix: settings[`${of}_PREFIX`],
    region: settings[`${of}_REGION`],
    provider: settings[`${of}_PROVIDER`],
    pathStyle: settings[`${of}_PATH_STYLE`],
    credentials: {
      accessKeyId: secrets[`${of}_ACCESS_KEY`],
      secretAccessKey: secrets[`${of}_SECRET_KEY`],
      ...(sessionToken !== undefined && { sessionToken }),
    },
  };
}

function toSettings(raw: RawSettings, secrets: RawSecrets): Settings {
  return {
    source: toSide("source", raw, secrets),
    destination: toSide("destination", raw, secrets),
    destinationStorageClass: raw.DEST_STORAGE_CLASS,
    createDestinationBucket: raw.CREATE_DEST_BUCKET,
    isDryRun: raw.DRY_RUN,
    maxDelete: raw.MAX_DELETE,
    maxDeletePercent: raw.MAX_DELETE_PERCENT,
    allowsEmptySource: raw.ALLOW_EMPTY_SOURCE,
    compare: raw.COMPARE,
    verify: raw.VERIFY,
    preservesMetadata: raw.PRESERVE_METADATA,
    retries: raw.RETRIES,
    retriesSleepMs: raw.RETRIES_SLEEP,
    bandwidthLimit: raw.BANDWIDTH_LIMIT,
    transfers: raw.TRANSFERS,
    checkers: raw.CHECKERS,
    wantsFastList: raw.FAST_LIST,
    checksNames: raw.CHECK_NAMES,
    listCutoff: raw.LIST_CUTOFF,
    maxBufferMemory: raw.MAX_BUFFER_MEMORY,
    connectTimeoutMs: raw.CONNECT_TIMEOUT,
    ioTimeoutMs: raw.IO_TIMEOUT,
    maxDurationMs: raw.MAX_DURATION,
    statsIntervalMs: raw.STATS_INTERVAL,
    logLevel: raw.LOG_LEVEL,
    caCert: raw.CA_CERT,
    skipsCertificateCheck: raw.INSECURE_SKIP_VERIFY,
    health: raw.HEALTH_PORT === undefined ? undefined : { host: raw.HEALTH_HOST, port: raw.HEALTH_PORT },
    rclonePath: raw.RCLONE_PATH,
    configDir: raw.CONFIG_DIR,
    terminationLogPath: raw.TERMINATION_LOG_PATH,
    pushgatewayUrl: secrets.PUSHGATEWAY_URL,
    webhookUrl: secrets.WEBHOOK_URL,
  };
}

/**
 * What must be hidden. Access key ids are no secrets, but nobody needs them in a log either.
 *
 * A value that stands in a public setting, or is a part of one, is left out: hiding it would wreck the bucket's name
 * (`minio` in `minio-copy`, or the eight times `test` of a smoke run), and what is written there is no secret.
 */
function secretValues(secrets: RawSecrets, settings: RawSettings): string[] {
  const hosts = [settings.SOURCE_S3_ENDPOINT.host, settings.DEST_S3_ENDPOINT.host];
  const open = [
    settings.SOURCE_BUCKET,
    settings.DEST_BUCKET,
    settings.SOURCE_PREFIX,
    settings.DEST_PREFIX,
    ...hosts,
  ];
  return Object.values(secrets)
    .filter((value) => value !== undefined)
    .flatMap((value) => (value instanceof URL ? [value.href, value.password] : [value]))
    .filter((value) => value !== "" && !open.some((text) => text.includes(value)));
}

function findWarnings(settings: Settings): string[] {
  return settings.maxDelete === -1 ? ["MAX_DELETE is -1: deletions are neither planned nor limited"] : [];
}

/**
 * Reads the environment.
 *
 * @throws {SettingsError} naming every bad variable at once
 */
export function loadS3SyncSettings(env: Environment): LoadedSettings {
  const trimmed: string[] = [];
  const raw = loadEnvironment({ settings: settingsSchema, secrets: secretsSchema }, env, {
    onTrimmed: (variable) => trimmed.push(`${variable} ended in a line break, which was dropped`),
  });
  const settings = toSettings(raw.settings, raw.secrets);
  return {
    settings,
    secrets: secretValues(raw.secrets, raw.settings),
    warnings: [...trimmed, ...findWarnings(settings)],
  };
}
