// SPDX-License-Identifier: Apache-2.0
import {
  envBoolean,
  envDuration,
  envEnum,
  envInteger,
  envList,
  envSecret,
  envText,
  envUrl,
} from "@repo/service";
import * as z from "zod";
import { defaults, limits } from "../../job/limits.ts";
import { envHostname, envListen, envListenOrOff, envOrigins } from "./fields.ts";

const storeTypes = ["memory", "sqlite", "sqs"] as const;

export type StoreType = (typeof storeTypes)[number];

/** Bytes of output in a batch that surely fit into an event of 358,400 bytes. The Go program sent 1,048,576. */
export const largestBatchBytes = 262_144;

/** Every setting of the server; the flags, `--help`, the README's table and the chart's check come from here. */
export const settingsSchema = z.object({
  AIRUNNER_LISTEN: envListen("localhost:8080").describe(
    "Where the API listens, as `HOST:PORT`; `*` is all interfaces.",
  ),
  AIRUNNER_STORE: envEnum(storeTypes)
    .optional()
    .describe(
      "Where jobs are kept: `memory` loses them at a restart. Default `memory`, or `sqlite` with a data directory.",
    ),
  AIRUNNER_DATA_DIR: envText().optional().describe("Folder of the sqlite store."),
  AIRUNNER_CERT: envText()
    .optional()
    .describe(
      "File with the TLS certificate and those that vouch for it (PEM). Without it one is made on this machine.",
    ),
  AIRUNNER_KEY: envText().optional().describe("File with the certificate's private key (PEM)."),
  AIRUNNER_CERT_DIR: envText()
    .optional()
    .describe(
      "Folder of the certificate that is made; default `airunner/certificates` in `$XDG_CONFIG_HOME` or `~/.config`.",
    ),
  AIRUNNER_HOSTNAME: envHostname()
    .optional()
    .describe(
      "Name under which clients reach the server: it gets into the certificate that is made, and web pages of that host may call.",
    ),
  AIRUNNER_NO_TLS: envBoolean({ default: false }).describe(
    "Plaintext (HTTP/1.1 and HTTP/2), as behind a proxy that has TLS.",
  ),
  AIRUNNER_NO_AUTH: envBoolean({ default: false }).describe(
    "Everybody who reaches the port may do everything: for development.",
  ),
  AIRUNNER_ALLOW_INSECURE: envBoolean({ default: false }).describe(
    "Allows to listen without authentication where other machines reach the port.",
  ),
  AIRUNNER_CORS_ORIGINS: envOrigins().describe(
    "Origins whose web pages may call, such as `https://ci.example.com`.",
  ),
  AIRUNNER_JWKS_URL: envUrl()
    .optional()
    .describe("Key set whose keys sign the callers' tokens, instead of a public key."),
  AIRUNNER_JWT_ISSUER: envText().optional().describe("What `iss` of a token must be."),
  AIRUNNER_JWT_AUDIENCE: envList().optional().describe("What `aud` of a token must name one of."),
  AIRUNNER_DEFAULT_VISIBILITY_TIMEOUT: envInteger({
    min: 1,
    max: limits.leaseSeconds,
    default: defaults.leaseSeconds,
  }).describe("Seconds that a worker has a job for, unless it asks for another time or extends it."),
  AIRUNNER_EVENTS_TTL_DAYS: envInteger({ min: 1, max: 3650, default: 30 }).describe(
    "Days for which jobs that have ended and their events are kept, as far as there is room.",
  ),
  AIRUNNER_EVENT_MEMORY_MIB: envInteger({ min: 1, max: 1_048_576, default: 128 }).describe(
    "MiB of events that the memory store keeps in memory; more go to a temporary file.",
  ),
  AIRUNNER_EVENT_MAX_MIB: envInteger({ min: 1, max: 16_777_216, default: 8192 }).describe(
    "MiB of events that the memory store keeps in all; of more, those of jobs that ended first go.",
  ),
  AIRUNNER_MAX_FINISHED_JOBS: envInteger({ min: 1, max: 10_000_000, default: 20_000 }).describe(
    "Jobs that have ended which the memory store keeps, of some 8 KB each; of more, the one that ended first goes.",
  ),
  AIRUNNER_MAX_UNFINISHED_JOBS: envInteger({ min: 1, max: 10_000_000, default: 100_000 }).describe(
    "Jobs that wait or run which the memory store takes; further ones are refused until some have ended.",
  ),
  AIRUNNER_EXEC_BATCH_FLUSH_INTERVAL: envInteger({ min: 1, max: 60, default: 2 }).describe(
    "Seconds after which a worker sends output at the latest.",
  ),
  AIRUNNER_EXEC_BATCH_MAX_SIZE: envInteger({ min: 1, max: 10_000, default: 50 }).describe(
    "Outputs in one batch of a worker.",
  ),
  AIRUNNER_EXEC_BATCH_MAX_BYTES: envInteger({
    min: 1024,
    max: 2 ** 31 - 1,
    default: largestBatchBytes,
  }).describe(
    `Bytes of output in one batch of a worker; more than ${largestBatchBytes} is taken for that, since no store keeps larger events.`,
  ),
  AIRUNNER_EXEC_PLAYBACK_INTERVAL: envInteger({ min: 0, max: 60_000, default: 50 }).describe(
    "Milliseconds between outputs that a batch suggests for playback.",
  ),
  AIRUNNER_EXEC_HEARTBEAT_INTERVAL: envInteger({ min: 1, max: 3600, default: 30 }).describe(
    "Seconds between a worker's signs of life.",
  ),
  AIRUNNER_EXEC_OUTPUT_FLUSH_INTERVAL: envInteger({ min: 1, max: 60_000, default: 100 }).describe(
    "Milliseconds for which a worker gathers output before the first bytes go.",
  ),
  AIRUNNER_SQS_QUEUE_DEFAULT: envUrl()
    .optional()
    .describe("URL of the SQS queue `default`, for the store `sqs`."),
  AIRUNNER_SQS_QUEUE_PRIORITY: envUrl()
    .optional()
    .describe("URL of the SQS queue `priority`, for the store `sqs`."),
  AIRUNNER_DYNAMODB_JOBS_TABLE: envText().optional().describe("DynamoDB table of jobs, for the store `sqs`."),
  AIRUNNER_DYNAMODB_EVENTS_TABLE: envText()
    .optional()
    .describe("DynamoDB table of events, for the store `sqs`."),
  AIRUNNER_HEALTH_LISTEN: envListenOrOff("127.0.0.1:8081").describe(
    "Where `/livez`, `/readyz` and `/metrics` are, over plain HTTP; `off` for nowhere.",
  ),
  AIRUNNER_DRAIN_TIMEOUT: envDuration({ maxMs: 3_600_000, default: "20s" }).describe(
    "For how long calls under way may go on after SIGTERM.",
  ),
  AIRUNNER_LOG_LEVEL: envEnum(["debug", "info", "warn", "error"], {
    aliases: { warning: "warn" },
    default: "info",
  }).describe("Least urgent log line that is written; SIGUSR2 switches to debug and back."),
});

export const secretsSchema = z.object({
  JWT_PUBLIC_KEY: envSecret()
    .optional()
    .describe(
      "ES256 public keys that sign the callers' tokens: one or several in PEM form, also a certificate. Without, only this user of this machine may call.",
    ),
  AIRUNNER_TOKEN_SIGNING_SECRET: envSecret()
    .optional()
    .describe(
      "Signs the tokens by which workers prove that a job is theirs; 32 bytes or more. The memory store makes one at each start if unset.",
    ),
  AIRUNNER_TOKEN_SIGNING_SECRETS_PREVIOUS: envSecret()
    .optional()
    .describe("Former such secrets, between commas or line breaks: what they signed stays good."),
});

export type Raw = z.output<typeof settingsSchema>;
export type RawSecrets = z.output<typeof secretsSchema>;

/** Other names of variables, as the program had them that this one succeeds. */
export const variableAliases: Readonly<Record<string, string>> = {
  AIRUNNER_STORE_TYPE: "AIRUNNER_STORE",
  AIRUNNER_JWT_PUBLIC_KEY: "JWT_PUBLIC_KEY",
};
