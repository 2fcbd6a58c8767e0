// SPDX-License-Identifier: MIT

/** The buckets, streams and the consumer, by their names at NATS. */
export const objectsBucket = "v1-objects";
export const mappingsBucket = "v1-mappings";
export const stateBucket = "v1-sync-state";
export const usersBucket = "v1-sync-users";

export const objectsStream = `KV_${objectsBucket}`;
export const objectsPrefix = `$KV.${objectsBucket}.`;
export const consumerName = "v1-sync-helper-kv-consumer";

/** Keeps the notices that the consumer gave a message up. */
export const advisoriesStream = "v1-sync-advisories";
export const advisoriesSubject = `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${objectsStream}.${consumerName}`;
