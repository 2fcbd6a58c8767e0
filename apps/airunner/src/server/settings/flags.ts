// SPDX-License-Identifier: Apache-2.0

/** A flag and the variable that it sets. Its meaning stands with the variable. */
export interface Flag {
  readonly name: string;
  readonly variable: string;
  /** What stands behind it in the help; a flag without takes no value. */
  readonly value?: string;
  /** Former names, which the help leaves out. */
  readonly aliases?: readonly string[];
  /** What a flag without value sets; default `true`. */
  readonly sets?: string;
  /** May be given several times; the values are joined by commas. */
  readonly isList?: boolean;
  /** Said in the help instead of the variable's description. */
  readonly help?: string;
}

/** In the order of the help. All flags of the Go program's `rpc-server` are among them. */
export const flags: readonly Flag[] = [
  { name: "--listen", value: "HOST:PORT", variable: "AIRUNNER_LISTEN" },
  { name: "--store", value: "TYPE", variable: "AIRUNNER_STORE", aliases: ["--store-type"] },
  { name: "--data-dir", value: "DIR", variable: "AIRUNNER_DATA_DIR" },
  { name: "--cert", value: "FILE", variable: "AIRUNNER_CERT" },
  { name: "--key", value: "FILE", variable: "AIRUNNER_KEY" },
  { name: "--hostname", value: "NAME", variable: "AIRUNNER_HOSTNAME" },
  { name: "--no-tls", variable: "AIRUNNER_NO_TLS" },
  { name: "--no-auth", variable: "AIRUNNER_NO_AUTH" },
  { name: "--jwt-public-key", value: "PEM", variable: "JWT_PUBLIC_KEY" },
  { name: "--jwks-url", value: "URL", variable: "AIRUNNER_JWKS_URL" },
  { name: "--jwt-issuer", value: "ISS", variable: "AIRUNNER_JWT_ISSUER" },
  { name: "--jwt-audience", value: "AUD", variable: "AIRUNNER_JWT_AUDIENCE", isList: true },
  { name: "--cors-origin", value: "ORIGIN", variable: "AIRUNNER_CORS_ORIGINS", isList: true },
  { name: "--token-signing-secret", value: "SECRET", variable: "AIRUNNER_TOKEN_SIGNING_SECRET" },
  { name: "--default-visibility-timeout", value: "SECONDS", variable: "AIRUNNER_DEFAULT_VISIBILITY_TIMEOUT" },
  { name: "--events-ttl-days", value: "DAYS", variable: "AIRUNNER_EVENTS_TTL_DAYS" },
  {
    name: "--execution-batch-flush-interval",
    value: "SECONDS",
    variable: "AIRUNNER_EXEC_BATCH_FLUSH_INTERVAL",
  },
  { name: "--execution-batch-max-size", value: "COUNT", variable: "AIRUNNER_EXEC_BATCH_MAX_SIZE" },
  { name: "--execution-batch-max-bytes", value: "BYTES", variable: "AIRUNNER_EXEC_BATCH_MAX_BYTES" },
  { name: "--execution-playback-interval", value: "MS", variable: "AIRUNNER_EXEC_PLAYBACK_INTERVAL" },
  { name: "--execution-heartbeat-interval", value: "SECONDS", variable: "AIRUNNER_EXEC_HEARTBEAT_INTERVAL" },
  { name: "--sqs-queue-default", value: "URL", variable: "AIRUNNER_SQS_QUEUE_DEFAULT" },
  { name: "--sqs-queue-priority", value: "URL", variable: "AIRUNNER_SQS_QUEUE_PRIORITY" },
  {
    name: "--dynamo-db-jobs-table",
    value: "NAME",
    variable: "AIRUNNER_DYNAMODB_JOBS_TABLE",
    aliases: ["--dynamodb-jobs-table"],
  },
  {
    name: "--dynamo-db-events-table",
    value: "NAME",
    variable: "AIRUNNER_DYNAMODB_EVENTS_TABLE",
    aliases: ["--dynamodb-events-table"],
  },
  { name: "--health-listen", value: "HOST:PORT", variable: "AIRUNNER_HEALTH_LISTEN" },
  { name: "--drain-timeout", value: "TIME", variable: "AIRUNNER_DRAIN_TIMEOUT" },
  { name: "--log-level", value: "LEVEL", variable: "AIRUNNER_LOG_LEVEL" },
  {
    name: "--dev",
    variable: "AIRUNNER_LOG_LEVEL",
    sets: "debug",
    aliases: ["--debug"],
    help: "Debug log lines; on a terminal as people read them.",
  },
];
