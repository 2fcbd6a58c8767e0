// SPDX-License-Identifier: MIT
// `pnpm bench v1-sync-helper memory`: 100,000 objects that cannot be done yet.
import { peakBytesOf } from "@repo/bench";
import { waitFor } from "@repo/testkit";
import { escapeKey } from "../src/nats/key.ts";
import type { ObjectState } from "../src/state/object-state.ts";
import { encodeState } from "../src/state/state-codec.ts";
import { publish } from "./support/document.ts";
import { type Instance, startInstance } from "./support/instance.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { type Platform, startPlatform } from "./support/platform.ts";
import { putAll } from "./support/put-all.ts";
import { measureRounds, type Sample, target } from "./support/race.ts";
import { type Entry, projectEntry, projectId } from "./support/records.ts";
import { checkRefusals } from "./support/wave.ts";

const pending = 100_000;
const latencyMs = 20;
const parent = pending;
/** Of the retries; all would take as long as all of the parked ones, for no other figure. */
const retried = 20_000;
const deadlineMs = 20 * 60_000;
/** What Node takes by itself in a container of 512 MiB: half of it for the heap. Otherwise garbage would be measured. */
const nodeArgs = ["--max-old-space-size=256"];

const memoryGroup = "Highest memory of the instance, MiB";
const timeGroup = "Time, s";
const rateGroup = "Rate, objects/s";

const rows = {
  idle: "idle",
  parked: "100,000 parked",
  released: "100,000 parked, then created",
  retries: "100,000 retries due at the start",
} as const;

function* children(): Generator<Entry> {
  for (let n = 0; n < pending; n += 1) yield projectEntry(n, "child", { parent: projectId(parent) });
}

function memory(name: string, { pid }: Instance): Sample {
  return { group: memoryGroup, name, value: peakBytesOf(pid) / 2 ** 20 };
}

async function untilCounted(instance: Instance, status: string, count: number): Promise<void> {
  const label = new RegExp(`status="${status}"`);
  const read = async () => (await instance.metrics())("v1_sync_objects", label);
  await waitFor(async () => ((await read()) >= count ? true : undefined), {
    deadlineMs,
    what: `${count} objects with the status ${status}`,
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

/** Children come without their parent, and then it comes. */
async function measureParked(command: string | undefined): Promise<readonly Sample[]> {
  await using platform = await startPlatform();
  const { standIns, put } = platform;
  await standIns.setLatency(latencyMs);
  await using instance = await startInstance(platform, { command, nodeArgs });
  const idle = memory(rows.idle, instance);
  const parking = await timed(async () => {
    await put(children());
    await untilCounted(instance, "parked", pending);
  });
  const parked = memory(rows.parked, instance);
  await put([projectEntry(parent, "parent")]);
  await standIns.untilWrites(1);
  const firstChildren = await timed(() => standIns.untilWrites(101));
  const rest = await timed(() => standIns.untilWrites(pending + 1, deadlineMs));
  await instance.untilIdle();
  const released = memory(rows.released, instance);
  await checkRefusals(platform);
  const found = await standIns.count("project", "description", "child");
  if (found !== pending) throw new Error(`${found} of ${pending} children were created`);
  await instance.stop();
  return [
    idle,
    parked,
    released,
    { group: timeGroup, name: "from the parent to the first 100 children", value: firstChildren },
    { group: timeGroup, name: "from the parent to all children", value: firstChildren + rest },
    { group: rateGroup, name: "parked", value: pending / parking },
    { group: rateGroup, name: "taken up and created", value: pending / (firstChildren + rest) },
  ];
}

/** What an earlier instance left: every object is to be tried again, and was to be so a while ago. */
function stateOf(revision: number): ObjectState {
  const at = "2026-11-21T10:00:00.000Z";
  return {
    status: "retry",
    revision,
    attempts: 3,
    since: at,
    lastAt: at,
    nextAt: at,
    reason: {
      code: "service_unavailable",
      message: "POST /projects was answered 503 by the project service.",
      status: 503,
    },
  };
}

async function seedRetries({ connection, put }: Platform): Promise<void> {
  const entries = Array.from({ length: pending }, (_, n) => projectEntry(n, "child"));
  await put(entries);
  // The bucket was empty and one connection wrote: sequences are in order.
  await putAll(
    connection,
    "v1-sync-state",
    entries.map(([key], n) => [`object.${escapeKey(key)}`, encodeState(stateOf(n + 1))]),
  );
}

async function measureRetries(command: string | undefined): Promise<readonly Sample[]> {
  await using platform = await startPlatform();
  const { standIns } = platform;
  await standIns.setLatency(latencyMs);
  // Makes the buckets.
  await (await startInstance(platform, { command, nodeArgs })).stop();
  await seedRetries(platform);
  await using instance = await startInstance(platform, { command, nodeArgs });
  const seconds = await timed(() => standIns.untilWrites(retried, deadlineMs));
  const samples = [
    memory(rows.retries, instance),
    { group: rateGroup, name: "retried and created, start-up included", value: retried / seconds },
  ];
  await checkRefusals(platform);
  await instance.stop();
  return samples;
}

async function main({ rounds, against }: BenchOptions): Promise<void> {
  const measure = async (command?: string) => [
    ...(await measureParked(command)),
    ...(await measureRetries(command)),
  ];
  const report = await measureRounds({
    name: "v1-sync-helper-memory",
    title: `v1-sync-helper: ${pending.toLocaleString("en-US")} objects that wait`,
    rounds,
    isLong: true,
    measure: async () => {
      const other = against === undefined ? [] : await measure(against);
      return [
        ...(await measure()),
        ...other.map(({ group, name, value }) => ({ group, name: `the other: ${name}`, value })),
      ];
    },
    isMoreBetter: (group) => group === rateGroup,
    notes: [
      `One instance with its defaults and the heap that Node takes in a container of 512 MiB (half of it; on a machine without limits Node collects its garbage later, and takes up to 200 MiB more), services that answer in ${latencyMs} ms. All records are in the buckets; an instance keeps in memory what it has to know of each object that is not done.`,
      "Parked: children whose parent is missing; then it comes. Retries: what an instance finds that starts when 100,000 objects are due, and their messages are delivered again as well.",
    ],
    targets: (median) =>
      [rows.parked, rows.released, rows.retries].map((name) =>
        target(name, median(memoryGroup, name), { most: 512, unit: "MiB" }),
      ),
  });
  await publish(report);
}

const options = readBenchOptions(1);
if (options !== undefined) await main(options);
