// SPDX-License-Identifier: Apache-2.0
import { envBoolean, envDuration, envEnum, envHost, envInteger, envPort, envText } from "@repo/service";
import * as z from "zod";
import { parseBandwidth } from "./bandwidth.ts";
import {
  envBucket,
  envCertificate,
  envEndpoint,
  envKey,
  envMaxDelete,
  envPercent,
  envPrefix,
  envSecretUrl,
} from "./fields.ts";

const region = envText({
  pattern: /^[A-Za-z0-9_.-]{0,64}$/,
  hint: "a region name such as eu-central-1",
  default: "",
});
const provider = envText({
  pattern: /^[A-Za-z0-9]{1,64}$/,
  hint: "one of rclone's S3 provider words",
  default: "Other",
});
const size = { pattern: /^\d+(?:[KMGT]i?)?$/i, hint: "a size such as 32M" };

const bandwidth = envText()
  .refine((text) => parseBandwidth(text) !== undefined, {
    error:
      "must be a rate such as 50M or 10M:1M, or a timetable such as 08:00,512k 19:00,off (50MB is not one)",
  })
  .transform((text) => parseBandwidth(text) ?? "");

const settingsFields = z.object({
  SOURCE_S3_ENDPOINT: envEndpoint().describe("Where the source lives; without a scheme it is https"),
  SOURCE_BUCKET: envBucket().describe("Bucket that is read"),
  SOURCE_PREFIX: envPrefix().describe(
    "Only what lies under it is mirrored; its own path is not repeated at the destination",
  ),
  SOURCE_REGION: region.describe("Empty signs as `us-east-1`; many providers insist on theirs"),
  SOURCE_PROVIDER: provider.describe(
    "rclone's provider word (`AWS`, `Minio`, `Ceph`, `Cloudflare`, …); `Other` suits generic servers",
  ),
  SOURCE_PATH_STYLE: envBoolean({ default: true }).describe("`false` addresses the bucket as a host name"),
  DEST_S3_ENDPOINT: envEndpoint().describe("Where the destination lives; without a scheme it is https"),
  DEST_BUCKET: envBucket().describe("Bucket that is written, and in which surplus objects are deleted"),
  DEST_PREFIX: envPrefix().describe("The mirror lies under it; nothing outside it is touched"),
  DEST_REGION: region.describe("As `SOURCE_REGION`"),
  DEST_PROVIDER: provider.describe("As `SOURCE_PROVIDER`"),
  DEST_PATH_STYLE: envBoolean({ default: true }).describe("As `SOURCE_PATH_STYLE`"),
  DEST_STORAGE_CLASS: envText({
    pattern: /^[A-Za-z0-9_-]{0,64}$/,
    hint: "a storage class such as STANDARD_IA",
    default: "",
  }).describe(
    "Storage class of what is written; empty leaves it to rclone. When it is set, the server does not copy by itself",
  ),
  CREATE_DEST_BUCKET: envBoolean({ default: false }).describe(
    "Creates the destination's bucket when it does not exist",
  ),
  DRY_RUN: envBoolean({ default: false }).describe("Plans and reports, changes nothing"),
  MAX_DELETE: envMaxDelete().describe(
    "Objects one run may delete. If more are surplus, the run is refused before anything is copied or deleted. `0`: none may be surplus; `-1`: no limit **and no guard**",
  ),
  MAX_DELETE_PERCENT: envPercent()
    .optional()
    .describe("The same as a share of the destination's objects; the stricter of both counts"),
  ALLOW_EMPTY_SOURCE: envBoolean({ default: false }).describe(
    "Lets an empty source empty the destination (within `MAX_DELETE`); otherwise that is refused",
  ),
  COMPARE: envEnum(["modtime", "hybrid", "checksum", "size"], { default: "modtime" }).describe(
    "How objects are compared; see the table of comparisons",
  ),
  VERIFY: envEnum(["none", "check", "download"], { default: "none" }).describe(
    "Verification after the copy: by listed checksums, or by reading every byte of both sides",
  ),
  PRESERVE_METADATA: envBoolean({ default: true }).describe(
    "Carries headers such as Cache-Control and `x-amz-meta-*` along; `false` keeps Content-Type only",
  ),
  RETRIES: envInteger({ min: 1, max: 100, default: 3 }).describe(
    "Attempts of each pass: of the copy by rclone itself; a plan or a deletion starts over in a process of its own, so that no count mixes two attempts",
  ),
  RETRIES_SLEEP: envDuration({ maxMs: 3_600_000, default: "10s" }).describe("Pause between two attempts"),
  BANDWIDTH_LIMIT: bandwidth
    .optional()
    .describe("As rclone's `--bwlimit`: `50M` is 50 MiB a second; unset is unlimited"),
  TRANSFERS: envInteger({ min: 1, max: 1024, default: 16 }).describe("Objects copied at once"),
  CHECKERS: envInteger({ min: 1, max: 1024, default: 32 }).describe("Objects compared at once"),
  FAST_LIST: envBoolean({ default: true }).describe(
    "Lists without regard to folders: many times faster with many prefixes, about 1.3 GB of memory per million objects; left off with rclone before 1.75",
  ),
  CHECK_NAMES: envBoolean({ default: true }).describe(
    "Lists both sides once more, beside rclone, for names that it leaves out without a word: folder markers (`photos/`; a warning), and paths with an empty, `.` or `..` segment (a failure). `false` spares the listing, and the proof says less",
  ),
  LIST_CUTOFF: envInteger({ min: 1 })
    .optional()
    .describe("rclone's `--list-cutoff` (1.70 or later): listings above it are sorted on disk"),
  MAX_BUFFER_MEMORY: envText(size)
    .optional()
    .describe("rclone's `--max-buffer-memory` (1.70 or later), such as `32M`"),
  CONNECT_TIMEOUT: envDuration({ minMs: 100, maxMs: 600_000, default: "15s" }).describe(
    "For a connection to be made",
  ),
  IO_TIMEOUT: envDuration({ minMs: 100, maxMs: 3_600_000, default: "60s" }).describe(
    "For a connection on which nothing moves",
  ),
  MAX_DURATION: envDuration({ default: "55m" }).describe(
    "Time budget of the whole job; keep it below the Job's `activeDeadlineSeconds`. Transfers that run are finished, the next run goes on. `0`: none",
  ),
  STATS_INTERVAL: envDuration({ minMs: 100, maxMs: 3_600_000, default: "30s" }).describe(
    "Time between two progress events",
  ),
  LOG_LEVEL: envEnum(["debug", "info", "warn", "error"], {
    aliases: { warning: "warn" },
    default: "info",
  }).describe("Least urgent lines that are written; the summary always is"),
  CA_CERT: envCertificate()
    .optional()
    .describe("Private CA's certificate, as PEM text, trusted beside the system's"),
  INSECURE_SKIP_VERIFY: envBoolean({ default: false }).describe(
    "Trusts any certificate; for tests only, warns",
  ),
  HEALTH_PORT: envPort().optional().describe("Serves `/livez` and `/readyz` for long runs; unset is off"),
  HEALTH_HOST: envHost({ default: "*" }).describe("Address of the health endpoints"),
  RCLONE_PATH: envText({ pattern: /^[^\0]+$/, default: "rclone" }).describe(
    "The rclone program, a path or a name on `PATH`; 1.60.1 or later",
  ),
  CONFIG_DIR: envText({
    pattern: /^\/[^\0]{0,70}$/,
    hint: "an absolute path of at most 71 characters",
    default: "/tmp/rclone-config",
  }).describe(
    "Where each run keeps rclone's configuration while it lasts (a directory of this user, mode 0700)",
  ),
  TERMINATION_LOG_PATH: envText({
    pattern: /^\//,
    hint: "an absolute path",
    default: "/dev/termination-log",
  }).describe("Gets the summary when it exists"),
});

/** Everything but secrets. The order here is the order of the README's table. */
export const settingsSchema = settingsFields.refine(
  (env) => env.MAX_DELETE !== -1 || env.MAX_DELETE_PERCENT === undefined,
  { path: ["MAX_DELETE_PERCENT"], error: "cannot hold with MAX_DELETE=-1, which makes no plan to measure" },
);

/** Kept apart, so that settings can be logged; each may also come as `NAME_FILE`. */
export const secretsSchema = z.object({
  SOURCE_ACCESS_KEY: envKey().describe("Needs list and read"),
  SOURCE_SECRET_KEY: envKey().describe("Secret of `SOURCE_ACCESS_KEY`"),
  SOURCE_SESSION_TOKEN: envKey().optional().describe("For temporary keys"),
  DEST_ACCESS_KEY: envKey().describe("Needs list, read, write and delete"),
  DEST_SECRET_KEY: envKey().describe("Secret of `DEST_ACCESS_KEY`"),
  DEST_SESSION_TOKEN: envKey().optional().describe("For temporary keys"),
  PUSHGATEWAY_URL: envSecretUrl()
    .optional()
    .describe("Gets gauges of the run; a failure to push is logged only"),
  WEBHOOK_URL: envSecretUrl().optional().describe("Gets the summary as a POST; a failure is logged only"),
});

/** What the image's health check reads. */
export const healthSchema = settingsFields.pick({
  RCLONE_PATH: true,
  CONFIG_DIR: true,
  STATS_INTERVAL: true,
});

/** What is read even where everything else is wrong. */
export const terminationSchema = settingsFields.pick({ TERMINATION_LOG_PATH: true });
