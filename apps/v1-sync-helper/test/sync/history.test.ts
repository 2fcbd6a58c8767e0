// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "@repo/testkit/lfx-v2";
import { seededFaults } from "@repo/testkit/lfx-v2";
import { expect, test } from "vitest";
import { createHistory } from "./support/history.ts";
import { type HistoryProblem, problemsOf } from "./support/history-check.ts";
import { type Instance, type Rig, startRig } from "./support/rig.ts";

const speed = 10;

/** What services and networks do. What is carried out late is so within the settling time. */
const faults: readonly [Fault, ...Fault[]] = [
  { kind: "status", status: 503 },
  { kind: "status", status: 429, retryAfter: 1 },
  { kind: "storage-error" },
  { kind: "reset-before" },
  { kind: "reset-after" },
  { kind: "lost", closeAfterMs: 1500 },
  { kind: "truncated" },
  { kind: "no-uid" },
  { kind: "stale", shape: "native" },
  { kind: "stale", shape: "400" },
  { kind: "late", commitAfterMs: 300 },
  { kind: "late", commitAfterMs: 1500 },
  { kind: "late", commitAfterMs: 700, client: "504" },
  { kind: "hang-before", closeAfterMs: 1500 },
];

async function play(rig: Rig, seed: number): Promise<readonly HistoryProblem[]> {
  const history = createHistory(seed);
  rig.v2.faults.choose = seededFaults({ seed, share: 0.12, faults });
  let instances: Instance[] = [];
  for (let n = 0; n < 2; n += 1) instances.push(await rig.startInstance({ speed, maxInFlight: 20 }));
  for (const [at, step] of history.steps.entries()) {
    await rig.put(step.key, step.columns);
    if (at % 5 === 0) await sleep(20);
    if (at === Math.floor(history.steps.length / 3)) {
      const [killed, ...rest] = instances;
      await killed?.kill();
      instances = [...rest, await rig.startInstance({ speed, maxInFlight: 20 })];
    }
    if (at === Math.floor((history.steps.length * 2) / 3)) {
      await rig.nats.stop("crash");
      await rig.nats.start();
    }
  }
  await rig.settled({ deadlineMs: 100_000 });
  rig.v2.faults.choose = undefined;
  for (const instance of instances) expect(instance.defects).toEqual([]);
  return await problemsOf(rig, history);
}

test.for([1, 2, 3])(
  "whatever goes wrong, v2 ends as v1 and nothing is made twice or goes back (seed %i)",
  { timeout: 180_000 },
  async (seed) => {
    await using rig = await startRig();
    expect(await play(rig, seed)).toEqual([]);
  },
);
