// SPDX-License-Identifier: MIT
// Whoever creates a bucket first, the service or NACK: it must be the same bucket.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const root = join(import.meta.dirname, "..", "..", "..");
const Size = z.object({ name: z.string(), storage: z.string(), maxBytes: z.number() });
const Bucket = Size.extend({
  history: z.number(),
  maxValueSize: z.number(),
  compression: z.boolean(),
  ttl: z.string().optional(),
});
const Values = z.object({
  nats: z.object({
    kv_bucket_v1_objects: Bucket,
    kv_bucket_v1_mappings: Bucket,
    kv_bucket_v1_sync_state: Bucket,
    kv_bucket_v1_sync_users: Bucket,
    stream_v1_sync_advisories: Size.extend({ maxAge: z.string() }),
  }),
});
const Plan = z.object({
  isBucket: z.boolean(),
  config: z.object({
    name: z.string(),
    subjects: z.array(z.string()),
    max_msgs_per_subject: z.number(),
    max_msg_size: z.number(),
    max_bytes: z.number(),
    max_age: z.number(),
    storage: z.string(),
    compression: z.enum(["s2", "none"]),
    discard: z.enum(["new", "old"]),
  }),
});
const hourMs = 3_600_000;

/** What the service creates with its default settings. Loaded by path: nothing may depend on an app. */
async function plans() {
  const source = join(root, "apps", "v1-sync-helper", "src");
  const load = async (...path: string[]): Promise<Record<string, unknown>> =>
    await import(pathToFileURL(join(source, ...path)).href);
  const { streamPlans } = await load("nats", "bucket-plans.ts");
  const { settingsSchema } = await load("settings", "schema.ts");
  if (typeof streamPlans !== "function" || !(settingsSchema instanceof z.ZodObject))
    throw new TypeError("apps/v1-sync-helper does not export streamPlans and settingsSchema");
  const preset = (name: string) => z.coerce.number().parse(settingsSchema.shape[name].parse(undefined));
  return z.array(Plan).parse(
    streamPlans({
      objectsMaxBytes: preset("V1_OBJECTS_MAX_BYTES"),
      mappingsMaxBytes: preset("V1_MAPPINGS_MAX_BYTES"),
      stateMaxBytes: preset("V1_SYNC_STATE_MAX_BYTES"),
      usersMaxBytes: preset("V1_SYNC_USERS_MAX_BYTES"),
      userMaxAgeMs: preset("USER_CACHE_TTL_SECONDS") * 1000,
      canCreate: true,
    }),
  );
}

const hours = (duration = "0h"): number => Number(/^(\d+)h$/.exec(duration)?.[1]);

test("the chart's buckets and stream are those that the service creates", async ({ expect }) => {
  const { nats } = Values.parse(
    parse(await readFile(join(import.meta.dirname, "..", "values.yaml"), "utf8")),
  );
  const { stream_v1_sync_advisories: advisories, ...buckets } = nats;
  const ofBuckets = Object.values(buckets).map((bucket) => ({
    name: `KV_${bucket.name}`,
    max_msgs_per_subject: bucket.history,
    max_msg_size: bucket.maxValueSize,
    max_bytes: bucket.maxBytes,
    max_age: hours(bucket.ttl) * hourMs * 1e6,
    storage: bucket.storage,
    compression: bucket.compression ? "s2" : "none",
  }));
  const ofStream = {
    name: advisories.name,
    max_bytes: advisories.maxBytes,
    max_age: hours(advisories.maxAge) * hourMs * 1e6,
    storage: advisories.storage,
    compression: "none",
    discard: "old",
  };
  const template = await readFile(
    join(import.meta.dirname, "..", "templates", "nats", "stream.yaml"),
    "utf8",
  );
  const made = await plans();
  expect(made.map(({ config }) => config)).toMatchObject([...ofBuckets, ofStream]);
  expect(template).toContain(made.at(-1)?.config.subjects[0]);
});
