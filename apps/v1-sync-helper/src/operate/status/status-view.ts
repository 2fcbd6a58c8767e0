// SPDX-License-Identifier: MIT
import type { ObjectKind } from "../../records/object-key.ts";
import { columns, harmless } from "../text/harmless.ts";
import { count, moment, roughly } from "../text/times.ts";
import type { ConsumerRate, ConsumerSample } from "./consumer-rate.ts";
import type { InstanceHealth } from "./instance-health.ts";
import { shownKinds, shownStatuses, type TallySnapshot } from "./state-tally.ts";

/** All that one look found. */
export interface StatusReport {
  /** `undefined`: the consumer is not there yet, since no instance has ever run. */
  readonly consumer: (ConsumerSample & ConsumerRate) | undefined;
  readonly tally: TallySnapshot;
  readonly health: InstanceHealth;
}

/** For people; lines with their ends. */
export function statusText({ consumer, tally, health }: StatusReport, nowMs: number): string {
  const table = columns([["", ...shownStatuses], ...shownKinds.map((kind) => kindRow(kind, tally))]);
  return [`${consumerLine(consumer)}\n\n`, table, ...remarks(tally, nowMs), `${healthLine(health)}\n`].join(
    "",
  );
}

function kindRow(kind: ObjectKind, { objects }: TallySnapshot): readonly string[] {
  return [kind, ...shownStatuses.map((status) => count(objects[kind][status]))];
}

function consumerLine(consumer: StatusReport["consumer"]): string {
  if (consumer === undefined)
    return "The consumer v1-sync-helper-kv-consumer is not there: no instance has run yet.";
  const { pending, ackPending, redelivered, perSecond, etaMs } = consumer;
  const parts = [
    `${count(pending)} pending`,
    `${count(ackPending)} in hand`,
    `${count(redelivered)} delivered again`,
    `${perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`,
  ];
  return `Messages: ${parts.join(", ")}${etaText(etaMs, pending + ackPending)}`;
}

function etaText(etaMs: number | undefined, left: number): string {
  if (left === 0) return "; nothing is left";
  return etaMs === undefined ? "; not going down" : `; nothing left in about ${roughly(etaMs)}`;
}

function remarks(tally: TallySnapshot, nowMs: number): readonly string[] {
  const { reasons, oldestParked, instances, unreadable } = tally;
  const shown = reasons.map(({ reason, count: n }) => `${reason} ${count(n)}`).join(", ");
  return [
    "\n",
    ...(shown === "" ? [] : [`Reasons: ${shown}\n`]),
    ...(oldestParked === undefined
      ? []
      : [
          `Parked longest: ${harmless(oldestParked.key)}, ${moment(oldestParked.since, nowMs)}, waits for ${harmless(oldestParked.waitsFor)}\n`,
        ]),
    ...(instances.length === 0
      ? []
      : [
          `At work: ${instances.map(({ instance, claims }) => `${harmless(instance)} (${count(claims)})`).join(", ")}\n`,
        ]),
    ...(unreadable.length === 0
      ? []
      : [
          `Unreadable records: ${unreadable.slice(0, 5).map(harmless).join(", ")}${unreadable.length > 5 ? ", …" : ""}\n`,
        ]),
  ];
}

function healthLine({ url, state, detail }: InstanceHealth): string {
  return `Instance at ${url}: ${state}${detail === undefined ? "" : ` (${harmless(detail)})`}`;
}

/** One JSON object. */
export function statusJson({ consumer, tally, health }: StatusReport): string {
  const { etaMs } = consumer ?? {};
  return `${JSON.stringify({
    pending: consumer?.pending ?? null,
    in_hand: consumer?.ackPending ?? null,
    redelivered: consumer?.redelivered ?? null,
    per_second: consumer === undefined ? null : Math.round(consumer.perSecond * 10) / 10,
    eta_seconds: etaMs === undefined ? null : Math.round(etaMs / 1000),
    objects: tally.objects,
    reasons: Object.fromEntries(tally.reasons.map(({ reason, count: n }) => [reason, n])),
    oldest_parked: tally.oldestParked ?? null,
    instances: tally.instances,
    unreadable: tally.unreadable,
    instance: health,
  })}\n`;
}
