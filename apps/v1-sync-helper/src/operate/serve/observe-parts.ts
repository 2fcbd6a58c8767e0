// SPDX-License-Identifier: MIT
import type { ObserveCallback } from "@repo/telemetry";
import manifest from "../../../package.json" with { type: "json" };
import type { NatsLink } from "../../nats/nats-link.ts";
import type { V2Services } from "../../services/v2-services.ts";
import type { EngineStatus } from "../../sync/engine.ts";
import type { SyncMetrics } from "../../telemetry/instruments.ts";
import { type ConsumerInfo, readConsumerInfo } from "../store/consumer-info.ts";

export interface ObservedParts {
  readonly metrics: SyncMetrics;
  readonly link: NatsLink;
  readonly services: Pick<V2Services, "loads">;
  readonly status: () => EngineStatus;
}

/** Asked for at most this often: three gauges and several scrapers share one answer. */
const consumerAgeMs = 2000;
const openStatuses = ["claimed", "retry", "parked", "held", "dead"] as const;

/** Gauges that are asked for when somebody collects. Disposing ends that. */
export function observeParts({ metrics, link, services, status }: ObservedParts): Disposable {
  const stack = new DisposableStack();
  stack.use(metrics.inFlight.observe((set) => set(status().inFlight, {})));
  stack.use(metrics.waiting.observe((set) => set(Math.max(0, status().inHand - status().inFlight), {})));
  stack.use(
    metrics.objects.observe((set) => {
      const { open } = status();
      for (const name of openStatuses) set(open[name], { status: name });
    }),
  );
  stack.use(
    metrics.parked.observe((set) => {
      const { project, committee } = status().waitingFor;
      set(project, { parent: "project" });
      set(committee, { parent: "committee" });
    }),
  );
  stack.use(metrics.natsConnected.observe((set) => set(link.status().connected ? 1 : 0, {})));
  stack.use(
    link.onStatus((_status, event) => {
      if (event === "disconnected") metrics.natsDisconnects.add(1);
    }),
  );
  const build = { version: manifest.version, node: process.versions.node };
  stack.use(metrics.buildInfo.observe((set) => set(1, build)));
  stack.use(observeConsumer(metrics, link));
  stack.use(observeLoads(metrics, services));
  return stack;
}

function observeConsumer(metrics: SyncMetrics, link: NatsLink): Disposable {
  const stack = new DisposableStack();
  const consumer = remember(() => readConsumerInfo(link).catch(() => undefined), consumerAgeMs);
  const told =
    (pick: (info: ConsumerInfo) => number): ObserveCallback<Readonly<Record<string, never>>> =>
    async (set) => {
      const info = await consumer();
      if (info !== undefined) set(pick(info), {});
    };
  stack.use(metrics.consumerPending.observe(told(({ pending }) => pending)));
  stack.use(metrics.consumerAckPending.observe(told(({ ackPending }) => ackPending)));
  stack.use(metrics.consumerRedelivered.observe(told(({ redelivered }) => redelivered)));
  return stack;
}

function observeLoads(metrics: SyncMetrics, services: Pick<V2Services, "loads">): Disposable {
  const stack = new DisposableStack();
  for (const [gauge, of] of [
    [metrics.callLimit, "limit"],
    [metrics.callsActive, "inFlight"],
    [metrics.callsWaiting, "waiting"],
  ] as const)
    stack.use(
      gauge.observe((set) => {
        for (const load of services.loads()) set(load[of], { service: load.service });
      }),
    );
  return stack;
}

/** The answer of `ask`, or the one before while that is younger than `ageMs`. */
function remember<T>(ask: () => Promise<T>, ageMs: number): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly atMs: number } | undefined;
  return () => {
    const nowMs = performance.now();
    if (last === undefined || nowMs - last.atMs > ageMs) last = { answer: ask(), atMs: nowMs };
    return last.answer;
  };
}
