// SPDX-License-Identifier: MIT
// What `pnpm chaos v1-sync-helper` and the test beside play: v1 changes its objects, instances of the built program bring
// the changes to v2, and everything between fails all the time. In the end v2 has to be as v1, and every step to it right.
import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { waitFor } from "@repo/testkit";
import { requireBundle } from "../support/bundle.ts";
import { Disturber } from "./disturber.ts";
import { collectEvidence, type Evidence } from "./evidence.ts";
import { feed } from "./feeder.ts";
import { createHistory, type History } from "./history.ts";
import { alarmsOf, Instance } from "./instance.ts";
import { judgeMappings } from "./judge-mappings.ts";
import { isHalfRenamed, isMovedBack, judgeObject } from "./judge-object.ts";
import { judgeWrites } from "./judge-writes.ts";
import type { Platform } from "./platform.ts";
import { startPlatform } from "./platform.ts";
import { Chance } from "./random.ts";
import { createServiceFaults } from "./service-faults.ts";
import { settle } from "./settle.ts";
import { lastOf } from "./v1-object.ts";

export interface CampaignOptions {
  /** The same seed gives the same history, and the same faults as far as the order of events is the same. */
  readonly seed: number;
  readonly objects: number;
  /** How long v1 changes things and everything fails; the services do so for a third longer. */
  readonly durationMs: number;
  /** Milliseconds between two disturbances on average. */
  readonly meanGapMs: number;
  /** Share of requests to v2 that meet a fault. */
  readonly faultShare: number;
  readonly instances: number;
  /** Milliseconds that NATS is away at most. */
  readonly longestOutageMs: number;
  /** How long it may take until everything is settled once the faults are over. */
  readonly settleMs: number;
  /** Of the shared consumer: seconds until a message that was lost is offered again; default the program's own 30. */
  readonly ackWaitSeconds?: number;
  /** The built program. */
  readonly bundle?: string;
  readonly onProgress?: (line: string) => void;
  readonly onStatus?: (text: string) => void;
}

export interface CampaignReport {
  readonly objects: number;
  readonly records: number;
  readonly fates: ReadonlyMap<string, number>;
  readonly disturbances: ReadonlyMap<string, number>;
  readonly serviceFaults: ReadonlyMap<string, number>;
  /** How the last revisions ended. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly writes: number;
  readonly lateWrites: number;
  readonly unansweredWrites: number;
  readonly fallbackWrites: number;
  /** Renames that the service itself left half done. */
  readonly halfRenames: number;
  /** Slugs that the service's index lost because a PUT of before a rename was refused after it. */
  readonly slugsMovedBack: number;
  /** What an operator had to try again. */
  readonly retried: ReadonlyMap<string, string>;
  readonly settledMs: number;
  readonly violations: readonly string[];
  /** What is needed to look into it. */
  readonly evidence: Evidence;
  readonly history: History;
  readonly logs: ReadonlyMap<string, string>;
}

export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { seed, durationMs, bundle = requireBundle(), onProgress = () => {}, onStatus = () => {} } = options;
  const history = createHistory(seed, options.objects);
  await using stack = new AsyncDisposableStack();
  const platform = stack.use(await startPlatform());
  if (options.ackWaitSeconds !== undefined) await createConsumer(platform, options.ackWaitSeconds);
  const instances: Instance[] = [];
  // The sweep mends what nothing else does: every other seed has to do without it.
  const env = { SWEEP_INTERVAL_SECONDS: seed % 2 === 0 ? "0" : "20" };
  for (let n = 1; n <= options.instances; n += 1)
    instances.push(stack.use(await Instance.start({ name: `instance ${n}`, bundle, platform, env })));
  await untilBucketsExist(platform);

  const [disturbances, serviceFaults] = [new Map<string, number>(), new Map<string, number>()];
  const disturber = new Disturber({
    ...options,
    platform,
    instances,
    onFault: (name, detail) => {
      count(disturbances, name);
      onProgress(`${name}: ${detail}`);
    },
  });
  const choose = createServiceFaults(new Chance(seed ^ 0x3c6ef372), {
    share: options.faultShare,
    onFault: (name) => count(serviceFaults, name),
  });
  const { faults } = platform.v2;
  const chance = new Chance(seed ^ 0x1b873593);
  faults.latency = () => chance.between(2, 25);
  faults.outageMs = 700;
  faults.choose = (request) => disturber.faultOf(request) ?? choose(request);

  const steps = history.steps.length;
  const feeding = feed({
    connection: platform.connection,
    steps: history.steps,
    // The last changes are still being brought over while things fail.
    endsMs: performance.now() + durationMs * 0.85,
    onWritten: (written) =>
      onStatus(`${written} of ${steps} records written, ${platform.v2.record.writeCount} writes to v2`),
  });
  const begun = { deadlineMs: 60_000, what: "the first write to v2" };
  await waitFor(() => platform.v2.record.writeCount > 0, begun);
  await Promise.all([disturber.run(performance.now() + durationMs), feeding]);
  onProgress("the last disturbance is over");
  // What was held up by disturbances meets the services' faults, too.
  await sleep(durationMs * 0.3);
  faults.choose = undefined;
  onProgress("the faults of the services are over");

  const settlingFromMs = performance.now();
  const settled = await settle({
    platform,
    bundle,
    objects: history.objects,
    deadlineMs: options.settleMs,
    onProgress: onStatus,
  });
  const settledMs = performance.now() - settlingFromMs;
  onProgress(`settled after ${(settledMs / 1000).toFixed(1)} s`);
  const disorders = [...disturber.disorders];
  for (const instance of instances)
    if (!(await instance.end("SIGTERM"))) disorders.push(`${instance.name} did not end in order at the end`);

  const evidence = await collectEvidence(platform, history.objects, disturber.lookupFaults);
  const violations = [
    ...settled.open.map((why) => `not settled: ${why}`),
    ...judgeSource(evidence),
    ...history.objects.flatMap((object) =>
      judgeObject(evidence, object).map((problem) => `${object.key} (${object.fate}) ${problem}`),
    ),
    ...judgeWrites(evidence),
    ...judgeMappings(evidence),
    ...platform.v1.problems.map((problem) => `v1 was asked wrongly: ${problem}`),
    ...instances.flatMap((instance) => alarmsOf(instance).map((line) => `${instance.name} says: ${line}`)),
    ...disorders,
  ];
  const { writes } = evidence;
  return {
    objects: history.objects.length,
    records: steps,
    fates: countBy(history.objects, ({ fate }) => fate),
    disturbances,
    serviceFaults,
    outcomes: countBy([...evidence.states.values()], ({ status, applied, reason }) =>
      status === "done" ? (reason?.code ?? applied?.action ?? "done") : `${status} ${reason?.code}`,
    ),
    writes: writes.length,
    lateWrites: writes.filter(({ write }) => write.isLate).length,
    unansweredWrites: writes.filter(({ write }) => !write.wasAnswered).length,
    fallbackWrites: writes.filter(({ write }) => write.principal === "v1_sync_helper@clients").length,
    halfRenames: history.objects.filter((object) => isHalfRenamed(evidence, object)).length,
    slugsMovedBack: history.objects.filter((object) => isMovedBack(evidence, object)).length,
    retried: settled.retried,
    settledMs,
    violations,
    evidence,
    history,
    logs: new Map(
      instances.flatMap(({ name, lives }) =>
        lives.map(({ stdout, stderr }, life) => [`${name} life ${life + 1}`, `${stdout.text}${stderr.text}`]),
      ),
    ),
  };
}

/** With more haste than the program's own; everything else as the program makes it. */
async function createConsumer(platform: Platform, ackWaitSeconds: number): Promise<void> {
  const manager = await jetstreamManager(platform.connection);
  await manager.streams.add({
    name: "KV_v1-objects",
    subjects: ["$KV.v1-objects.>"],
    max_msgs_per_subject: 20,
    max_bytes: 64 * 2 ** 20,
    allow_direct: true,
    allow_rollup_hdrs: true,
    deny_delete: true,
  });
  await manager.consumers.add("KV_v1-objects", {
    durable_name: "v1-sync-helper-kv-consumer",
    filter_subject: "$KV.v1-objects.>",
    ack_policy: "explicit",
    deliver_policy: "last_per_subject",
    max_deliver: 3,
    ack_wait: nanos(ackWaitSeconds * 1000),
    max_ack_pending: 1000,
  });
}

async function untilBucketsExist({ connection }: Platform): Promise<void> {
  const manager = await jetstreamManager(connection);
  const exist = async (): Promise<boolean> => {
    for (const name of ["v1-objects", "v1-mappings", "v1-sync-state"])
      await manager.streams.info(`KV_${name}`);
    await manager.consumers.info("KV_v1-objects", "v1-sync-helper-kv-consumer");
    return true;
  };
  await waitFor(exist, {
    deadlineMs: 60_000,
    everyMs: 100,
    what: "the program to make its buckets and consumer",
  });
}

/** Whether the campaign itself wrote what it says. */
function judgeSource({ objects, source }: Evidence): readonly string[] {
  return objects.flatMap((object) => {
    const { form } = lastOf(object);
    const isMark = form === "del" || form === "purge";
    const newest = source.get(object.key);
    return newest !== undefined && (newest.value === undefined) === isMark
      ? []
      : [`the campaign did not write the last revision of ${object.key}`];
  });
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function countBy<T>(list: readonly T[], nameOf: (each: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const each of list) count(counts, nameOf(each));
  return counts;
}
