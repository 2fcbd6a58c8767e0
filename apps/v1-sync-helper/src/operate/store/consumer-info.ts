// SPDX-License-Identifier: MIT
import { z } from "zod";
import { askApi, unlessMissing } from "../../nats/jetstream-api.ts";
import { consumerName, objectsStream } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";

/** What the server says of the shared consumer. */
export interface ConsumerInfo {
  /** Not delivered yet. */
  readonly pending: number;
  /** Delivered and not acknowledged. */
  readonly ackPending: number;
  readonly redelivered: number;
}

const Info = z.object({
  num_pending: z.number(),
  num_ack_pending: z.number(),
  num_redelivered: z.number(),
});
const StreamInfo = z.object({ state: z.object({ last_seq: z.number() }) });

/** @returns `undefined` when there is no such consumer, or not even the bucket @throws {UnavailableError} */
export async function readConsumerInfo(link: NatsLink): Promise<ConsumerInfo | undefined> {
  const info = await unlessMissing(askApi(link, `CONSUMER.INFO.${objectsStream}.${consumerName}`));
  if (info === undefined) return undefined;
  const {
    num_pending: pending,
    num_ack_pending: ackPending,
    num_redelivered: redelivered,
  } = Info.parse(info);
  return { pending, ackPending, redelivered };
}

/** Newest sequence of v1-objects; 0 without the bucket. @throws {UnavailableError} */
export async function readLastSequence(link: NatsLink): Promise<number> {
  const info = await unlessMissing(askApi(link, `STREAM.INFO.${objectsStream}`));
  return info === undefined ? 0 : StreamInfo.parse(info).state.last_seq;
}
