// SPDX-License-Identifier: MIT
export type { BucketSettings } from "./bucket-plans.ts";
export { checkBuckets, ensureBuckets } from "./ensure-buckets.ts";
export { ensureConsumer } from "./ensure-consumer.ts";
export type { Ensured } from "./ensured.ts";
