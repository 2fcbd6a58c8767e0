// SPDX-License-Identifier: MIT
import { z } from "zod";
import { askApi, unlessMissing } from "../../nats/jetstream-api.ts";
import { consumerName, objectsStream } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import { streamOf } from "../../nats/open-bucket.ts";
import { count } from "../text/times.ts";
import { CheckSkipped, CheckWarning } from "./check.ts";

const leastVersion = [2, 10] as const;
/** Values of v1-objects may be so large. */
const valueBytes = 10 * 2 ** 20;

/** Connects, within five seconds. */
export async function checkServer(link: NatsLink): Promise<string> {
  const connection = await link.connection(AbortSignal.timeout(5000)).catch(() => undefined);
  if (connection === undefined) throw new Error(link.status().reason ?? "NATS did not answer in time.");
  const { version = "unknown", max_payload: maxPayload = 0 } = connection.info ?? {};
  if (!isRecent(version)) throw new Error(`nats-server ${version} is too old: 2.10 or later is needed.`);
  const said = `nats-server ${version}`;
  if (maxPayload >= valueBytes) return said;
  throw new CheckWarning(
    `${said} takes messages of ${count(maxPayload)} bytes: larger records never arrive; raise max_payload to ${count(valueBytes)}`,
  );
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return major > leastVersion[0] || (major === leastVersion[0] && minor >= leastVersion[1]);
}

const StreamInfo = z.object({
  config: z.object({ max_bytes: z.number().default(-1), num_replicas: z.number().default(1) }),
  state: z.object({ messages: z.number(), bytes: z.number() }),
});

/** Beyond this share of its size a bucket soon refuses writes. */
const fullShare = 0.9;

export async function checkBucket(link: NatsLink, name: string, canCreate: boolean): Promise<string> {
  const info = await unlessMissing(askApi(link, `STREAM.INFO.${streamOf(name)}`));
  if (info === undefined) {
    if (canCreate) return "is not there; it is created at the first start";
    throw new Error("is not there, and CREATE_BUCKETS is false: create it.");
  }
  const { config, state } = StreamInfo.parse(info);
  const { max_bytes: maxBytes, num_replicas: replicas } = config;
  const size =
    maxBytes > 0 ? `${count(state.bytes)} of ${count(maxBytes)} bytes` : `${count(state.bytes)} bytes`;
  const said = `${count(state.messages)} messages, ${size}, ${replicas} ${replicas === 1 ? "replica" : "replicas"}`;
  if (maxBytes > 0 && state.bytes > maxBytes * fullShare)
    throw new CheckWarning(`${said}: it is nearly full, after which every write fails`);
  return said;
}

const ConsumerInfo = z.object({
  config: z.object({
    deliver_policy: z.string(),
    ack_policy: z.string(),
    max_deliver: z.number().optional(),
    ack_wait: z.number().optional(),
    max_ack_pending: z.number().optional(),
  }),
  num_pending: z.number(),
});

export async function checkConsumer(link: NatsLink): Promise<string> {
  const info = await unlessMissing(askApi(link, `CONSUMER.INFO.${objectsStream}.${consumerName}`));
  if (info === undefined) return "is not there; it is created at the first start, as last_per_subject";
  const { config, num_pending: pending } = ConsumerInfo.parse(info);
  const said = `deliver policy ${config.deliver_policy}, max deliver ${config.max_deliver ?? -1}, ${count(pending)} pending`;
  if (config.ack_policy !== "explicit")
    throw new Error(`acknowledges by "${config.ack_policy}" and not explicitly: delete it, it is made anew.`);
  return said;
}

export function skippedWithoutNats(): never {
  throw new CheckSkipped("not tried without NATS");
}
