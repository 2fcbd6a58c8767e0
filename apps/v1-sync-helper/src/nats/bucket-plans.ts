// SPDX-License-Identifier: MIT
import { nanos } from "@nats-io/transport-node";
import {
  advisoriesStream,
  advisoriesSubject,
  mappingsBucket,
  objectsBucket,
  stateBucket,
  usersBucket,
} from "./names.ts";

export interface BucketSettings {
  /** Bytes that JetStream reserves for `v1-objects`; -1: no limit. Likewise the others. */
  readonly objectsMaxBytes: number;
  readonly mappingsMaxBytes: number;
  /** Default 2 GiB; a record has about half a kilobyte. */
  readonly stateMaxBytes?: number;
  /** Default 256 MiB. */
  readonly usersMaxBytes?: number;
  /** How long an entry of the user cache lives; milliseconds. */
  readonly userMaxAgeMs: number;
  /** False: what is missing is a problem. */
  readonly canCreate: boolean;
}

/** A stream as it is made when it is missing, and what matters of one that is there. */
export interface StreamPlan {
  /** For people. */
  readonly title: string;
  readonly config: StreamConfig;
  /** Entries must stay until they are replaced: neither age nor a full bucket may take them away. */
  readonly mustKeep: boolean;
  /** Entries are removed by us. */
  readonly isPurged: boolean;
  readonly isBucket: boolean;
}

export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly max_msgs_per_subject: number;
  readonly max_msg_size: number;
  readonly max_bytes: number;
  readonly max_age: number;
  readonly storage: "file";
  readonly compression: "s2" | "none";
  readonly discard: "new" | "old";
}

const mebibyte = 1024 * 1024;
const maxValueBytes = 10 * mebibyte;

/** The buckets `v1-objects`, `v1-mappings`, `v1-sync-state`, `v1-sync-users` and the stream `v1-sync-advisories`. */
export function streamPlans(settings: BucketSettings): readonly StreamPlan[] {
  const { stateMaxBytes = 2048 * mebibyte, usersMaxBytes = 256 * mebibyte } = settings;
  // As the original's chart makes these two.
  const shared = { max_msgs_per_subject: 20, max_msg_size: maxValueBytes, compression: "s2" } as const;
  const own = { max_msgs_per_subject: 1, max_msg_size: mebibyte, compression: "none" } as const;
  return [
    bucketPlan(objectsBucket, { ...shared, max_bytes: settings.objectsMaxBytes }),
    bucketPlan(mappingsBucket, { ...shared, max_bytes: settings.mappingsMaxBytes }),
    bucketPlan(stateBucket, { ...own, max_bytes: stateMaxBytes }),
    {
      ...bucketPlan(usersBucket, { ...own, max_bytes: usersMaxBytes, max_age: nanos(settings.userMaxAgeMs) }),
      mustKeep: false,
    },
    advisoriesPlan(),
  ];
}

function bucketPlan(
  bucket: string,
  config: Partial<StreamConfig> & Pick<StreamConfig, "max_bytes">,
): StreamPlan {
  return {
    title: `bucket ${bucket}`,
    config: {
      name: `KV_${bucket}`,
      subjects: [`$KV.${bucket}.>`],
      max_msgs_per_subject: 1,
      max_msg_size: -1,
      max_age: 0,
      storage: "file",
      compression: "none",
      discard: "new",
      ...config,
    },
    mustKeep: true,
    isPurged: bucket !== objectsBucket,
    isBucket: true,
  };
}

function advisoriesPlan(): StreamPlan {
  return {
    title: `stream ${advisoriesStream}`,
    config: {
      name: advisoriesStream,
      subjects: [advisoriesSubject],
      max_msgs_per_subject: -1,
      max_msg_size: -1,
      max_bytes: 16 * mebibyte,
      // Longer than any outage that the slow sweep would not have mended before.
      max_age: nanos(14 * 24 * 60 * 60_000),
      storage: "file",
      compression: "none",
      discard: "old",
    },
    mustKeep: false,
    isPurged: false,
    isBucket: false,
  };
}
